#!/bin/sh
# Stands in for that of RKE's flannel image: gives a host the plugins and their configuration, and stays.
set -eu
for plugin in /opt/cni/bin/*; do
  name=${plugin##*/}
  cp "$plugin" "/host/opt/cni/bin/.$name" && mv "/host/opt/cni/bin/.$name" "/host/opt/cni/bin/$name"
done
printf '%s\n' "$CNI_NETWORK_CONFIG" > "/host/etc/cni/net.d/$CNI_CONF_NAME"
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done
