# shellcheck shell=bash
# Garbage collection, namespaces, service accounts, endpoints and the rest of the controllers.

launch() {
    daemon kube-controller-manager kube-controller-manager \
        --kubeconfig "$STATE/pki/kube-controller-manager.kubeconfig" \
        --bind-address 127.0.0.1 --secure-port "$CONTROLLER_PORT" \
        --root-ca-file "$STATE/pki/ca.crt" \
        --service-account-private-key-file "$STATE/pki/service-account.key" \
        --use-service-account-credentials=true --leader-elect=false \
        --kube-api-qps 300 --kube-api-burst 600
}

ready() {
    curl -fksS -m 2 "https://127.0.0.1:$CONTROLLER_PORT/healthz"
}

version() {
    kube-controller-manager --version | awk '{print $2}'
}
