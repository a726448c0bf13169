# shellcheck shell=bash
# The KubeRay operator. Concurrency and rates are raised for hundreds of RayJobs at a time.

launch() {
    # By its home, since bin/ has the version that was built last.
    local operator rates=()
    operator=$(module_home "$KUBERAY")/ray-operator
    # Older ones know no rates.
    ! { "$operator" --help 2>&1 || true; } | grep -q -- '-qps' || rates=(--qps 300 --burst 600)
    daemon kuberay "$operator" --kubeconfig "$STATE/pki/kuberay.kubeconfig" \
        --enable-leader-election=false --use-kubernetes-proxy \
        --reconcile-concurrency 10 "${rates[@]}" \
        --metrics-addr "127.0.0.1:$OPERATOR_METRICS_PORT" \
        --health-probe-bind-address "127.0.0.1:$OPERATOR_HEALTH_PORT" \
        --log-stdout-encoder console
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$OPERATOR_HEALTH_PORT/readyz"
}

version() {
    required_version "$KUBERAY" github.com/ray-project/kuberay/ray-operator
}
