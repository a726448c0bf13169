# shellcheck shell=bash
# The node: this machine.

launch() {
    mkdir -p "$STATE/kubelet"
    cat >"$STATE/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_ADDRESS
port: $KUBELET_PORT
healthzBindAddress: 127.0.0.1
healthzPort: $KUBELET_HEALTH_PORT
tlsCertFile: $STATE/pki/serve-node.crt
tlsPrivateKeyFile: $STATE/pki/serve-node.key
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $STATE/pki/ca.crt}
authorization: {mode: AlwaysAllow}
podLogsDir: $STATE/pod-logs
volumePluginDir: $STATE/kubelet/volume-plugins
containerRuntimeEndpoint: unix://$SOCKET
clusterDNS: [$NODE_ADDRESS]
clusterDomain: $CLUSTER_DOMAIN
# Works with version 1 of control groups too, and beside systemd or without it.
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
# Its chains would stay behind.
makeIPTablesUtilChains: false
serializeImagePulls: false
# Pods share the two cores by their requests: throttled to a third of one, a Ray starts for half a minute.
cpuCFSQuota: false
registryPullQPS: 0
maxPods: 110
kubeAPIQPS: 200
kubeAPIBurst: 400
nodeStatusUpdateFrequency: 5s
# A full disk or little memory on a developer's machine is no reason to evict.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard:
  memory.available: "0%"
  nodefs.available: "0%"
  nodefs.inodesFree: "0%"
  imagefs.available: "0%"
  imagefs.inodesFree: "0%"
YAML
    daemon kubelet kubelet --config "$STATE/kubelet.yaml" --root-dir "$STATE/kubelet" \
        --kubeconfig "$STATE/pki/kubelet.kubeconfig" \
        --hostname-override "$NODE_NAME" --node-ip "$NODE_ADDRESS"
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$KUBELET_HEALTH_PORT/healthz"
}

version() {
    kubelet --version | awk '{print $2}'
}
