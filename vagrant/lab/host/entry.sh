#!/bin/bash
# Process 1 of a lab host: makes the container look like a host, starts its services, reaps orphans, shuts down in order.
#
# LAB_REGISTRY         what the registry is called (host:port, plain HTTP)
# LAB_STATE            folder in the volume /state that is this host's disk
# LAB_PREPARED         folder in the same volume with disks that have images; empty for empty disks
# LAB_AUTHORIZED_KEY   public key for root, rke and nodocker
# LAB_GATEWAY          where packets to everybody else go, since Docker sets no route in a network that leads nowhere; or empty
# LAB_NAMESERVERS      name servers that pods can reach too
# LAB_SYS_RESOURCE     1 when the machine has CAP_SYS_RESOURCE
# LAB_DOCKER_CLI       1 when the host shall have Docker's client program
# LAB_SMALL_DISKS      lines "PATH BYTES": a disk of that size is mounted there
set -u

# A copy of disks that were prepared. What Docker and containerd never write again once it is there is shared by hard
# links, all else is copied.
prepared() {
  mkdir -p "$LAB_STATE"
  for store in docker containerd; do
    cp -al "$LAB_PREPARED/$store" "$LAB_STATE/$store"
    find "$LAB_STATE/$store" \( -path '*/overlay2/*/diff' -o -path '*/snapshots/*/fs' -o -path '*.content/blobs' \) -prune \
      -o -type f -links +1 -print0 |
      xargs -0r -n 200 sh -c 'for file; do cp -p "$file" "$file.lab" && mv "$file.lab" "$file"; done' sh
  done
}

disks() {
  [ -z "${LAB_PREPARED:-}" ] || [ -e "$LAB_STATE" ] || prepared
  for folder in docker containerd etcd kubelet; do
    mkdir -p "$LAB_STATE/$folder" "/var/lib/$folder"
    mount --bind "$LAB_STATE/$folder" "/var/lib/$folder"
  done
  while read -r path bytes; do
    [ -z "$path" ] || small_disk "$path" "$bytes"
  done <<< "${LAB_SMALL_DISKS:-}"
  umount /state                      # the other hosts' disks are no business of this one
}

small_disk() {
  image="$LAB_STATE/small-disk${1//\//-}.img"
  [ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
  for number in $(seq 0 31); do
    [ -e "/dev/loop$number" ] || mknod "/dev/loop$number" b 7 "$number"
  done
  [ -e "$image" ] || { truncate -s "$2" "$image"; mkfs.ext4 -q -m 0 "$image"; }
  mkdir -p "$1"
  mount -o loop "$image" "$1" || mount -t tmpfs -o "size=$2,mode=0700" lab-small-disk "$1"
}

kernel_views() {
  mount --make-rshared /
  mount -o remount,rw /sys 2>/dev/null
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    # Version 2: processes may live in leaves only, so leave the root before controllers are handed down.
    mount -o remount,rw /sys/fs/cgroup 2>/dev/null
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null
    sed 's/^/+/; s/ / +/g' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
  else
    for controller in /sys/fs/cgroup/*; do
      mountpoint -q "$controller" && mount -o remount,bind,rw "$controller"
    done
  fi
  mount --make-rshared /sys
  [ -e /dev/kmsg ] || mknod /dev/kmsg c 1 11
}

# Without a route to it nobody could even try to reach a Service.
route() {
  [ -z "${LAB_GATEWAY:-}" ] || ip route replace default via "$LAB_GATEWAY"
}

# Docker puts its own name server on a loopback address here: pods have none there, and CoreDNS would ask itself.
names() {
  printf 'nameserver %s\n' $LAB_NAMESERVERS > /etc/resolv.conf
}

# Written once: what a test changes in these files survives a reboot.
first_start() {
  ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  for user in root rke nodocker; do
    home=$(getent passwd "$user" | cut -d: -f6)
    install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    printf '%s\n' "$LAB_AUTHORIZED_KEY" > "$home/.ssh/authorized_keys"
    chown "$user:$user" "$home/.ssh/authorized_keys"
  done
  [ "${LAB_DOCKER_CLI:-}" = 1 ] && ln -s /usr/local/libexec/lab/docker /usr/local/bin/docker
  runc=/usr/sbin/runc
  runtime='{}'
  if [ "$LAB_SYS_RESOURCE" != 1 ]; then
    runc=/usr/local/libexec/lab/runc-without-sys-resource
    runtime='{"default-runtime": "lab-runc", "runtimes": {"lab-runc": {"path": "'$runc'"}}}'
  fi
  mkdir -p /etc/docker "/etc/containerd/certs.d/$LAB_REGISTRY"
  jq -n --argjson runtime "$runtime" '{
    "insecure-registries": [env.LAB_REGISTRY],
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "containerd": "/run/containerd/containerd.sock"
  } + $runtime' > /etc/docker/daemon.json
  cat > /etc/containerd/config.toml <<J
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$LAB_REGISTRY/pause:3.10"
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "$runc"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
J
  cat > "/etc/containerd/certs.d/$LAB_REGISTRY/hosts.toml" <<J
server = "http://$LAB_REGISTRY"
[host."http://$LAB_REGISTRY"]
  capabilities = ["pull", "resolve"]
J
  touch /etc/lab-started
}

shut_down() {
  lab-service stop docker
  lab-service stop containerd
  exit 0
}

trap shut_down TERM INT
disks
kernel_views
route
names
[ -e /etc/lab-started ] || first_start
lab-fault restore
for service in ssh containerd docker; do lab-service start "$service"; done
# bash reaps every orphan while it waits; a signal ends the wait.
while :; do
  sleep infinity &
  wait $!
done
