# shellcheck shell=bash
# The cluster's name server, a process of this machine at the bridge's address.

launch() {
    cat >"$STATE/Corefile" <<COREFILE
. {
    bind $NODE_ADDRESS
    errors
    ready 127.0.0.1:$DNS_READY_PORT
    kubernetes $CLUSTER_DOMAIN in-addr.arpa {
        kubeconfig $STATE/pki/coredns.kubeconfig regression
        pods insecure
    }
    forward . /etc/resolv.conf
}
COREFILE
    daemon coredns coredns -conf "$STATE/Corefile"
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$DNS_READY_PORT/ready"
}

version() {
    coredns -version | sed -n 's/^CoreDNS-/v/p'
}
