# shellcheck shell=bash
# Makes service addresses work, the API server's among them, which Ray's autoscaler needs.

launch() {
    # Masquerading all: else answers between two pods of the bridge could bypass the
    # translation where the kernel does not pass bridged packets to iptables.
    daemon kube-proxy kube-proxy --kubeconfig "$STATE/pki/kube-proxy.kubeconfig" \
        --hostname-override "$NODE_NAME" --proxy-mode iptables --masquerade-all \
        --cluster-cidr "$POD_RANGE" \
        --healthz-bind-address "127.0.0.1:$PROXY_HEALTH_PORT" \
        --metrics-bind-address "127.0.0.1:$PROXY_METRICS_PORT" \
        --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 \
        --conntrack-tcp-timeout-close-wait 0
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$PROXY_HEALTH_PORT/healthz"
}

version() {
    kube-proxy --version | awk '{print $2}'
}
