# shellcheck shell=bash
# The image registry. Its storage is a cache that outlives the cluster.

launch() {
    cat >"$STATE/registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $(registry_storage)}
http: {addr: 127.0.0.1:$REGISTRY_PORT}
YAML
    daemon registry docker-registry serve "$STATE/registry.yml"
}

ready() {
    curl -fsS -m 2 "http://$REGISTRY/v2/"
}

version() {
    docker-registry --version | awk '{print $3}'
}
