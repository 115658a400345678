#!/bin/bash
# Stands in for the entrypoint of RKE's tools image: prepares a host for a component and becomes it.
# Where RKE starts cri-dockerd beside the kubelet, containerd takes its place: cri-dockerd cannot be built here.
set -eu

kubelet() {
  mount --rbind /host/dev /dev
  sysctl -qw net.bridge.bridge-nf-call-iptables=1 2> /dev/null || true
  if [ "${RKE_KUBELET_CRIDOCKERD:-}" = true ]; then
    ln -sfn /run/containerd/containerd.sock /var/run/cri-dockerd.sock
  fi
  driver=$(curl -sSf --unix-socket /var/run/docker.sock http://docker/info | sed -n 's/.*"CgroupDriver":"\([a-z]*\)".*/\1/p')
  exec kubelet "$@" "--cgroup-driver=${driver:?Docker names no cgroup driver}"
}

component=$1
shift
case $component in
  kubelet) kubelet "$@" ;;
  *) exec "$component" "$@" ;;
esac
