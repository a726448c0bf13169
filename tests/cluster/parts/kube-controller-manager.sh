# shellcheck shell=bash
# Garbage collection, namespaces, service accounts, endpoints and the rest of the controllers.

launch() {
    # With two hundred runs on two cores, fake nodes are late with their signs of life, and a node
    # that is given up makes every pod on it unready.
    daemon kube-controller-manager kube-controller-manager \
        --kubeconfig "$STATE/pki/kube-controller-manager.kubeconfig" \
        --bind-address 127.0.0.1 --secure-port "$CONTROLLER_PORT" \
        --root-ca-file "$STATE/pki/ca.crt" \
        --service-account-private-key-file "$STATE/pki/service-account.key" \
        --use-service-account-credentials=true --leader-elect=false \
        --node-monitor-grace-period 5m --kube-api-qps 300 --kube-api-burst 600
}

ready() {
    curl -fksS -m 2 "https://127.0.0.1:$CONTROLLER_PORT/healthz"
}

version() {
    kube-controller-manager --version | awk '{print $2}'
}
