# shellcheck shell=bash
# The same storage behind a password, for pulls with a missing or wrong pull secret.

launch() {
    htpasswd -Bbn "$PRIVATE_USER" "$PRIVATE_PASSWORD" >"$STATE/htpasswd" 2>/dev/null
    cat >"$STATE/private-registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $(registry_storage)}
http: {addr: 127.0.0.1:$PRIVATE_REGISTRY_PORT}
auth:
  htpasswd: {realm: private, path: $STATE/htpasswd}
YAML
    daemon private-registry docker-registry serve "$STATE/private-registry.yml"
}

ready() {
    curl -fsS -m 2 -u "$PRIVATE_USER:$PRIVATE_PASSWORD" "http://$PRIVATE_REGISTRY/v2/"
}

version() {
    docker-registry --version | awk '{print $3}'
}
