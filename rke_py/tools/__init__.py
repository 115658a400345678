"""What runs on a host inside the tools image: ``python3 -m rke_py.tools COMMAND``, one JSON object on stdout.

The container is privileged and shares the host's process and network namespaces. Programs of the image (iptables, ip,
conntrack) are run first; then the process enters the host's mount namespace, where every path is the host's own, and
needs no bind mount. It starts for each command anew, so nothing here imports what takes long to import.
"""
