# shellcheck shell=bash
# The API server, on the loopback address for clients here and on the bridge for pods.

launch() {
    write_audit_policy
    local pki=$STATE/pki
    daemon kube-apiserver kube-apiserver \
        --etcd-servers "http://127.0.0.1:$ETCD_PORT" \
        --bind-address 0.0.0.0 --secure-port "$API_PORT" --advertise-address "$NODE_ADDRESS" \
        --service-cluster-ip-range "$SERVICE_RANGE" \
        --tls-cert-file "$pki/server.crt" --tls-private-key-file "$pki/server.key" \
        --client-ca-file "$pki/ca.crt" --token-auth-file "$pki/tokens.csv" \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$pki/service-account.pub" \
        --service-account-signing-key-file "$pki/service-account.key" \
        --service-account-max-token-expiration "$LONGEST_TOKEN" \
        --authorization-mode Node,RBAC --allow-privileged=true \
        --kubelet-preferred-address-types InternalIP \
        --kubelet-client-certificate "$pki/kubelet-client.crt" \
        --kubelet-client-key "$pki/kubelet-client.key" \
        --audit-policy-file "$STATE/audit-policy.yaml" \
        --audit-log-path "$STATE/logs/audit.log" --audit-log-maxsize 1000
}

# Written as requests happen (mode "blocking", the default), so that a test can count at once.
write_audit_policy() {
    cat >"$STATE/audit-policy.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
YAML
}

ready() {
    curl -fsS -m 5 --cacert "$STATE/pki/ca.crt" --cert "$STATE/pki/admin.crt" \
        --key "$STATE/pki/admin.key" "$API_URL/readyz"
}

version() {
    kube-apiserver --version | awk '{print $2}'
}
