#!/bin/bash
# The same cluster by hand: three hosts with all roles and a worker, everything started as early as it can be. Nothing
# is checked, one certificate serves all API servers, clients show a token that is root, etcd takes anybody. It is what
# the machine needs for such a cluster, and no example of one.
#
# by_hand.sh FOLDER ADDRESS ADDRESS ADDRESS ADDRESS
#   FOLDER    has key, known_hosts and network.yaml; what is made here goes there too
#   REGISTRY, KUBERNETES_VERSION, ETCD_VERSION   of the images, which are on the hosts
# A line on standard output when it begins (connections and keys are made then) and after each part; who runs it takes
# the time, and watches for Ready nodes.
set -euo pipefail

folder=$1
address=(- "${@:2}")
etcd_image=$REGISTRY/etcd:$ETCD_VERSION
of_kubernetes() { echo "$REGISTRY/$1:$KUBERNETES_VERSION"; }

connect() {
  ssh -fN -M -S "$folder/ssh-$1" -i "$folder/key" -o UserKnownHostsFile="$folder/known_hosts" -o LogLevel=ERROR \
    -o StrictHostKeyChecking=yes -L "$folder/docker-$1:/var/run/docker.sock" "root@${address[$1]}"
}
on() { ssh -S "$folder/ssh-$1" "root@${address[$1]}" "${@:2}"; }
engine() { DOCKER_HOST=unix://$folder/docker-$1 docker "${@:2}"; }
hang_up() { for i in 1 2 3 4; do ssh -S "$folder/ssh-$i" -O exit "root@${address[$i]}" 2> /dev/null || true; done; }

# each FUNCTION HOST...: at once, and all of them succeed
each() {
  local running=() process i
  for i in "${@:2}"; do "$1" "$i" & running+=($!); done
  for process in "${running[@]}"; do wait "$process"; done
}

keys() {
  openssl genrsa -out "$folder/sa.key" 2048
  openssl rsa -in "$folder/sa.key" -pubout -out "$folder/sa.pub"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$folder/tls.key" -out "$folder/tls.crt" -days 2 -subj /CN=lab \
    -addext "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign" \
    -addext "subjectAltName=IP:${address[1]},IP:${address[2]},IP:${address[3]},IP:127.0.0.1,IP:10.43.0.1"
} 2> /dev/null

files() {
  local api=${address[$(($1 < 4 ? $1 : 1))]}
  tar -C "$folder" -c sa.key sa.pub tls.key tls.crt | on "$1" "
mkdir -p /etc/kubernetes/ssl /opt/cni/bin /etc/cni/net.d && tar -C /etc/kubernetes/ssl -x
echo by-hand,admin,admin,system:masters > /etc/kubernetes/tokens.csv
cat > /etc/kubernetes/kubeconfig <<K
apiVersion: v1
kind: Config
clusters: [{name: hand, cluster: {server: 'https://$api:6443', insecure-skip-tls-verify: true}}]
contexts: [{name: hand, context: {cluster: hand, user: hand}}]
users: [{name: hand, user: {token: by-hand}}]
current-context: hand
K
cat > /etc/kubernetes/kubelet.yaml <<K
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
failSwapOn: false
clusterDNS: [10.43.0.10]
clusterDomain: cluster.local
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
K"
  engine "$1" run --rm -v /opt/cni/bin:/out --entrypoint sh "$(of_kubernetes kubelet)" -c 'cp /usr/lib/cni/* /out/'
}

run() { engine "$1" run -d --restart always --net host -v /etc/kubernetes:/etc/kubernetes "${@:2}" > /dev/null; }

etcd() {
  run "$1" --name etcd -v /var/lib/etcd:/var/lib/etcd "$etcd_image" --name "n$1" --data-dir /var/lib/etcd/data \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls "http://${address[$1]}:2380" --initial-advertise-peer-urls "http://${address[$1]}:2380" \
    --initial-cluster "n1=http://${address[1]}:2380,n2=http://${address[2]}:2380,n3=http://${address[3]}:2380"
}

control_plane() {
  local ssl=/etc/kubernetes/ssl
  run "$1" --name kube-apiserver "$(of_kubernetes kube-apiserver)" --etcd-servers=http://127.0.0.1:2379 \
    --tls-cert-file=$ssl/tls.crt --tls-private-key-file=$ssl/tls.key --anonymous-auth=false \
    --token-auth-file=/etc/kubernetes/tokens.csv --service-cluster-ip-range=10.43.0.0/16 \
    --service-account-key-file=$ssl/sa.pub --service-account-signing-key-file=$ssl/sa.key \
    --service-account-issuer=https://kubernetes.default.svc --allow-privileged=true --authorization-mode=RBAC \
    --advertise-address="${address[$1]}"
  run "$1" --name kube-controller-manager "$(of_kubernetes kube-controller-manager)" \
    --kubeconfig=/etc/kubernetes/kubeconfig --service-account-private-key-file=$ssl/sa.key \
    --root-ca-file=$ssl/tls.crt --allocate-node-cidrs=true --cluster-cidr=10.42.0.0/16
  run "$1" --name kube-scheduler "$(of_kubernetes kube-scheduler)" --kubeconfig=/etc/kubernetes/kubeconfig
  until kubectl "$1" get --raw /readyz > /dev/null 2>&1; do sleep 0.2; done
}

kubectl() { engine "$1" exec -i kube-apiserver kubectl --kubeconfig /etc/kubernetes/kubeconfig "${@:2}"; }

node() {
  run "$1" --name kubelet --pid host --privileged -v /etc/cni:/etc/cni -v /opt/cni:/opt/cni -v /sys:/sys:rprivate \
    -v /var/lib/containerd:/var/lib/containerd:rslave -v /var/lib/kubelet:/var/lib/kubelet:shared \
    -v /run:/run:rprivate -v /var/log:/var/log "$(of_kubernetes kubelet)" \
    --kubeconfig=/etc/kubernetes/kubeconfig --config=/etc/kubernetes/kubelet.yaml --hostname-override="n$1"
  run "$1" --name kube-proxy --privileged -v /run:/run "$(of_kubernetes kube-proxy)" \
    --kubeconfig=/etc/kubernetes/kubeconfig --hostname-override="n$1" --cluster-cidr=10.42.0.0/16 \
    --conntrack-max-per-core=0
}

add_ons() { until kubectl 1 apply -f - < "$folder/network.yaml" > /dev/null 2>&1; do sleep 0.2; done; }

trap hang_up EXIT
each connect 1 2 3 4
keys
echo begin
each files 1 2 3 4
echo files
each etcd 1 2 3              # at once: members of a new static cluster wait for one another
echo etcd
for i in 1 2 3; do control_plane "$i"; done
echo control plane
each node 1 2 3 4
echo nodes
add_ons
echo add-ons
