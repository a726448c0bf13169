# shellcheck shell=bash disable=SC2034
# Every path, address, port and version of the test cluster; sourced first by every script.

CACHE=${REGRESSION_CLUSTER_CACHE:-$HOME/.cache/regression-cluster}
STATE=${REGRESSION_CLUSTER_STATE:-/var/tmp/regression-cluster}

# Ports are consecutive from one base, so that one variable moves them all out of the way.
PORT_BASE=${REGRESSION_CLUSTER_PORT_BASE:-16440}
REGISTRY_PORT=$((PORT_BASE + 0))
PRIVATE_REGISTRY_PORT=$((PORT_BASE + 1))
ETCD_PORT=$((PORT_BASE + 2))
API_PORT=$((PORT_BASE + 3))
ETCD_PEER_PORT=$((PORT_BASE + 4))
CONTROLLER_PORT=$((PORT_BASE + 5))
SCHEDULER_PORT=$((PORT_BASE + 6))
KUBELET_PORT=$((PORT_BASE + 7))
KUBELET_HEALTH_PORT=$((PORT_BASE + 8))
PROXY_HEALTH_PORT=$((PORT_BASE + 9))
PROXY_METRICS_PORT=$((PORT_BASE + 10))
DNS_READY_PORT=$((PORT_BASE + 11))
OPERATOR_HEALTH_PORT=$((PORT_BASE + 12))
OPERATOR_METRICS_PORT=$((PORT_BASE + 13))
KWOK_PORT=$((PORT_BASE + 14))
KUEUE_HEALTH_PORT=$((PORT_BASE + 15))
KUEUE_METRICS_PORT=$((PORT_BASE + 16))
KUEUE_WEBHOOK_PORT=$((PORT_BASE + 17))

# A port-forward to port 8265 of any pod on a fake node ends at this port of the loopback address.
FAKE_DASHBOARD_PORT=18265

# The node's address is the bridge's: it exists without any network and never changes.
BRIDGE=regression0
NODE_NAME=cluster-node
NODE_ADDRESS=10.213.0.1
POD_RANGE=10.213.0.0/16
SERVICE_RANGE=10.214.0.0/16
FAKE_POD_RANGE=10.215.0.0/16
API_SERVICE_ADDRESS=10.214.0.1
CLUSTER_DOMAIN=cluster.local
# As clouds have it: a token that is asked for longer is made for this long.
LONGEST_TOKEN=2160h

RAY_VERSION=${REGRESSION_RAY_VERSION:-2.60.0}
# The module of the operator below go/.
KUBERAY=${REGRESSION_KUBERAY:-kuberay}
DEBIAN_RELEASE=bookworm

SOCKET=$STATE/containerd.sock
API_URL=https://127.0.0.1:$API_PORT
REGISTRY=localhost:$REGISTRY_PORT
PRIVATE_REGISTRY=localhost:$PRIVATE_REGISTRY_PORT
PRIVATE_USER=regression
PRIVATE_PASSWORD=regression

# In the order of starting; stopped in the reverse order.
PARTS=(
    etcd registry private-registry containerd kube-apiserver kube-controller-manager
    kube-scheduler kubelet kube-proxy coredns kuberay kwok
)

# Kueue reads the certificate of its metrics here and nowhere else: a link into our state.
KUEUE_CERTIFICATES=/etc/kueue

# Debian keeps some of the daemons in the administrator's directories.
PATH=$CACHE/bin:$PATH:/usr/sbin:/sbin
