# shellcheck shell=bash
# A certificate authority of the cluster's own, the certificates that it signs, and kubeconfigs.

make_credentials() {
    [ -f "$STATE/pki/complete" ] && return
    say "making credentials"
    mkdir -p "$STATE/pki"
    chmod 700 "$STATE/pki"
    make_authority
    local node="IP:$NODE_ADDRESS,DNS:$NODE_NAME"
    certificate server kube-apiserver '' "IP:127.0.0.1,IP:$NODE_ADDRESS,IP:$API_SERVICE_ADDRESS,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.$CLUSTER_DOMAIN"
    certificate serve-node "$NODE_NAME" '' "$node"
    certificate kubelet-client kube-apiserver system:masters
    # One identity each, so that the audit log tells them apart.
    certificate admin admin system:masters
    certificate kubelet "system:node:$NODE_NAME" system:nodes
    certificate kube-controller-manager system:kube-controller-manager
    certificate kube-scheduler system:kube-scheduler
    certificate kube-proxy system:kube-proxy
    certificate coredns coredns system:masters
    certificate kuberay kuberay-operator system:masters
    certificate kwok kwok system:masters
    make_service_account_key
    make_token
    write_kubeconfigs
    touch "$STATE/pki/complete"
}

make_key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$STATE/pki/$1.key"
}

make_authority() {
    make_key ca
    openssl req -x509 -new -key "$STATE/pki/ca.key" -out "$STATE/pki/ca.crt" -days 3650 \
        -subj /CN=regression-cluster
}

# certificate FILE COMMON_NAME [ORGANIZATION] [ALTERNATIVE_NAMES]
certificate() {
    local base=$STATE/pki/$1 subject=/CN=$2
    [ -n "${3:-}" ] && subject=/O=$3/CN=$2
    make_key "$1"
    {
        echo 'extendedKeyUsage = clientAuth, serverAuth'
        [ -z "${4:-}" ] || echo "subjectAltName = $4"
    } >"$base.ext"
    openssl req -new -key "$base.key" -subj "$subject" |
        openssl x509 -req -CA "$STATE/pki/ca.crt" -CAkey "$STATE/pki/ca.key" -CAcreateserial \
            -out "$base.crt" -days 3650 -extfile "$base.ext" 2>/dev/null
}

make_service_account_key() {
    make_key service-account
    openssl ec -in "$STATE/pki/service-account.key" -pubout \
        -out "$STATE/pki/service-account.pub" 2>/dev/null
}

make_token() {
    openssl rand -hex 16 >"$STATE/pki/token"
    echo "$(cat "$STATE/pki/token"),admin-token,admin-token,system:masters" >"$STATE/pki/tokens.csv"
}

write_kubeconfigs() {
    local user
    for user in admin kubelet kube-controller-manager kube-scheduler kube-proxy coredns kuberay kwok; do
        write_kubeconfig "$user"
    done
    cp "$STATE/pki/admin.kubeconfig" "$STATE/kubeconfig"
    kubeconfig "token: $(cat "$STATE/pki/token")" >"$STATE/kubeconfig-token"
    chmod 600 "$STATE/kubeconfig" "$STATE/kubeconfig-token"
}

write_kubeconfig() {
    kubeconfig "client-certificate-data: $(encoded "$STATE/pki/$1.crt")
    client-key-data: $(encoded "$STATE/pki/$1.key")" >"$STATE/pki/$1.kubeconfig"
}

# What Kueue needs besides: a certificate for its webhooks and metrics, where it looks for it.
make_kueue_credentials() {
    local directory=$STATE/kueue/metrics/certs
    [ -f "$STATE/pki/kueue.kubeconfig" ] || {
        certificate kueue kueue system:masters
        certificate serve-kueue kueue '' IP:127.0.0.1
        write_kubeconfig kueue
    }
    mkdir -p "$directory"
    ln -sfn "$STATE/pki/serve-kueue.crt" "$directory/tls.crt"
    ln -sfn "$STATE/pki/serve-kueue.key" "$directory/tls.key"
    [ ! -e "$KUEUE_CERTIFICATES" ] || [ -L "$KUEUE_CERTIFICATES" ] ||
        die "$KUEUE_CERTIFICATES is somebody else's"
    ln -sfn "$STATE/kueue" "$KUEUE_CERTIFICATES"
}

remove_kueue_certificates() {
    [ "$(readlink "$KUEUE_CERTIFICATES")" != "$STATE/kueue" ] || rm "$KUEUE_CERTIFICATES"
}

encoded() {
    base64 -w0 "$1"
}

# kubeconfig CREDENTIAL
kubeconfig() {
    cat <<YAML
apiVersion: v1
kind: Config
clusters:
- name: regression
  cluster:
    server: $API_URL
    certificate-authority-data: $(encoded "$STATE/pki/ca.crt")
users:
- name: user
  user:
    $1
contexts:
- name: regression
  context: {cluster: regression, user: user}
current-context: regression
YAML
}
