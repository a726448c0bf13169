# shellcheck shell=bash
# A dockerd with a socket and data of its own.  It has no networks and no firewall rules, so it
# does not disturb tests/cluster nor another Docker: containers use the machine's network.

claim_state() {
    mkdir -p "$STATE"
    [ -e "$STATE/$MARKER" ] || [ -z "$(ls -A "$STATE")" ] ||
        die "$STATE holds something else; REGRESSION_DOCKER_STATE names another directory"
    touch "$STATE/$MARKER"
}

start_dockerd() {
    pid_of dockerd >/dev/null && answers && return
    # Whatever an earlier one left when it died would be in the way of this one.
    stop_dockerd
    claim_state
    say "starting dockerd"
    daemon dockerd dockerd --host "$DOCKER_HOST" --pidfile "$STATE/dockerd.pid" \
        --data-root "$CACHE/data" --exec-root "$STATE/exec" \
        --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false
    wait_for 60 "dockerd to answer" answers_or_died || {
        show_tail "$STATE/logs/dockerd.log"
        exit 1
    }
    pid_of dockerd >/dev/null || {
        show_tail "$STATE/logs/dockerd.log"
        die "dockerd ended at once"
    }
    remove_containers
}

# Asked without a client, since none is chosen yet.
answers() {
    python3 - "$DOCKER_SOCKET" <<'PY'
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.settimeout(5)
server.connect(sys.argv[1])
server.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
sys.exit(b" 200 " not in server.recv(64))
PY
}

answers_or_died() {
    ! pid_of dockerd >/dev/null || answers
}

# A client of another vendor may come first in PATH: what counts is that it gets on with dockerd.
choose_client() {
    local client
    while read -r client; do
        if "$client" version >/dev/null 2>&1; then
            DOCKER=$client
            return
        fi
    done < <(type -ap docker)
    die "no docker in PATH gets on with dockerd"
}

# Containers, then the daemon, then what they leave however they ended.
stop_dockerd() {
    [ -e "$STATE/$MARKER" ] || return 0
    remove_containers
    stop_daemon dockerd
    kill_containers_and_shims
    kill_containerd
    unmount_below "$STATE"
    unmount_below "$CACHE"
    find "$STATE" -mindepth 1 ! -path "$STATE/$MARKER" ! -path "$STATE/logs*" -delete
}

# Also those that ended: what a killed run left would be in the way of the next, by name.
remove_containers() {
    pid_of dockerd >/dev/null && (choose_client) 2>/dev/null || return 0
    choose_client
    "$DOCKER" ps --all --quiet | xargs --no-run-if-empty "$DOCKER" rm --force --volumes >/dev/null 2>&1 || true
    "$DOCKER" volume ls --quiet | xargs --no-run-if-empty "$DOCKER" volume rm >/dev/null 2>&1 || true
}

# A shim is the parent of its container, and outlives a dockerd that is killed, as does containerd.
kill_containers_and_shims() {
    local shim
    for shim in $(pgrep -f -- "^[^ ]*containerd-shim[^ ]* .*-address $STATE/exec/" || true); do
        pkill -KILL -P "$shim" || true
        kill -KILL "$shim" 2>/dev/null || true
    done
}

kill_containerd() {
    local pid
    for pid in $(pgrep -f -- "^[^ ]*containerd --config $STATE/exec/" || true); do
        kill -KILL "$pid" 2>/dev/null || true
    done
}
