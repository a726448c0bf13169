# shellcheck shell=bash
# Kueue, which lets RayJobs start by queues.  It starts for the tests of queues alone: see tests/cluster/queues.

launch() {
    cat >"$STATE/kueue.yaml" <<YAML
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
health: {healthProbeBindAddress: "127.0.0.1:$KUEUE_HEALTH_PORT"}
metrics: {bindAddress: "127.0.0.1:$KUEUE_METRICS_PORT"}
webhook: {host: 127.0.0.1, port: $KUEUE_WEBHOOK_PORT, certDir: $KUEUE_CERTIFICATES/metrics/certs}
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
# An API server of its own, with certificates in a directory of the root.
featureGates: {VisibilityOnDemand: false}
clientConnection: {qps: 300, burst: 600}
integrations: {frameworks: [ray.io/rayjob, ray.io/raycluster]}
YAML
    daemon kueue env "KUBECONFIG=$STATE/pki/kueue.kubeconfig" kueue --config "$STATE/kueue.yaml"
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$KUEUE_HEALTH_PORT/readyz"
}

version() {
    required_version kueue sigs.k8s.io/kueue
}
