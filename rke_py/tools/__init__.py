"""What runs on a host inside the tools image: ``python3 -m rke_py.tools COMMAND``, one JSON object on stdout.

The container is privileged and shares the host's process and network namespaces. Calls to the container runtime and
programs of the image (iptables, ip, conntrack) come first; then the process makes the host's root folder its own, so
that no folder has to be bind-mounted. It starts for each command anew, so a command imports only what it needs.
"""
