# shellcheck shell=bash
# Places pods on nodes.

launch() {
    cat >"$STATE/kube-scheduler.yaml" <<YAML
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection:
  kubeconfig: $STATE/pki/kube-scheduler.kubeconfig
  qps: 300
  burst: 600
YAML
    daemon kube-scheduler kube-scheduler --config "$STATE/kube-scheduler.yaml" \
        --bind-address 127.0.0.1 --secure-port "$SCHEDULER_PORT"
}

ready() {
    curl -fksS -m 2 "https://127.0.0.1:$SCHEDULER_PORT/healthz"
}

version() {
    kube-scheduler --version | awk '{print $2}'
}
