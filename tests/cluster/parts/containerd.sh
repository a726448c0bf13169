# shellcheck shell=bash
# The container runtime, with directories of its own beside any other containerd.

launch() {
    write_cni
    cat >"$STATE/containerd.toml" <<TOML
version = 2
root = "$STATE/containerd/root"
state = "$STATE/containerd/state"

[grpc]
  address = "$SOCKET"

[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$(image pause)"
  # Without CAP_SYS_RESOURCE, runc fails to lower the score of a container.
  restrict_oom_score_adj = true
  # So that removing the state directory removes the network namespaces.
  netns_mounts_under_state_dir = true
  stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "$STATE/cni"

[plugins."io.containerd.grpc.v1.cri".containerd]
  discard_unpacked_layers = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "$STATE/containerd/runc"
TOML
    daemon containerd containerd --config "$STATE/containerd.toml"
}

ready() {
    ctr --address "$SOCKET" --timeout 2s plugins list id==cri | grep -q 'cri .*ok'
}

version() {
    containerd --version | awk '{print $3}'
}
