# shellcheck shell=bash
# Plays the kubelet of fake nodes (see kwok-nodes): their pods "run" at once, without containers.

launch() {
    cat >"$STATE/kwok.yaml" <<YAML
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterPortForward
metadata: {name: dashboards}
spec:
  forwards:
  - ports: [8265]
    target: {address: 127.0.0.1, port: $FAKE_DASHBOARD_PORT}
YAML
    daemon kwok kwok --kubeconfig "$STATE/pki/kwok.kubeconfig" --config "$STATE/kwok.yaml" \
        --manage-all-nodes=false --manage-nodes-with-label-selector kwok.x-k8s.io/node=fake \
        --cidr "$FAKE_POD_RANGE" --node-ip "$NODE_ADDRESS" --node-port "$KWOK_PORT" \
        --server-address "$NODE_ADDRESS:$KWOK_PORT" \
        --tls-cert-file "$STATE/pki/serve-node.crt" --tls-private-key-file "$STATE/pki/serve-node.key"
}

ready() {
    curl -fksS -m 2 "https://$NODE_ADDRESS:$KWOK_PORT/healthz"
}

version() {
    kwok --version | awk '{print $3}'
}
