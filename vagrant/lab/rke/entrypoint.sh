#!/bin/bash
# Stands in for the entrypoint of RKE's tools image: prepares a host for a component and becomes it.
# Beside a kubelet runs cri-dockerd, and the container ends with either of them.
set -eu

word() { # NAME ARGUMENT... prints the value of --NAME=
  local name=$1 argument
  shift
  for argument; do
    case $argument in "--$name="*) echo "${argument#*=}" ;; esac
  done
}

cri_dockerd() {
  local endpoint
  endpoint=$(word container-runtime-endpoint "$@")
  /opt/rke-tools/bin/cri-dockerd --network-plugin=cni --cni-conf-dir=/etc/cni/net.d --cni-bin-dir=/opt/cni/bin \
    "--pod-infra-container-image=$(word pod-infra-container-image "$@")" "--container-runtime-endpoint=$endpoint" &
  until [ -S "${endpoint#unix://}" ]; do
    kill -0 $!
    sleep 0.2
  done
}

kubelet() {
  mount --rbind /host/dev /dev
  sysctl -qw net.bridge.bridge-nf-call-iptables=1 2> /dev/null || true
  driver=$(curl -sSf --unix-socket /var/run/docker.sock http://docker/info | sed -n 's/.*"CgroupDriver":"\([a-z]*\)".*/\1/p')
  set -- "$@" "--cgroup-driver=${driver:?Docker names no cgroup driver}"
  [ "${RKE_KUBELET_CRIDOCKERD:-}" = true ] || exec kubelet "$@"
  rm -f /var/run/cri-dockerd.sock
  cri_dockerd "$@"
  /usr/local/bin/kubelet "$@" &
  trap 'kill $(jobs -p)' TERM
  wait -n
}

component=$1
shift
case $component in
  kubelet) kubelet "$@" ;;
  *) exec "$component" "$@" ;;
esac
