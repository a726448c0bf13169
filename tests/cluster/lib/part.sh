# shellcheck shell=bash
# A part of the cluster is a file in parts/ with three functions:
#   launch   starts it by `daemon`
#   ready    succeeds once it serves
#   version  prints its version
# Each runs in a subshell of its own, since all parts use the same three names.

# in_part NAME FUNCTION
in_part() (
    # shellcheck source=/dev/null
    . "$CLUSTER/parts/$1.sh"
    "$2"
)

is_part() {
    [ -f "$CLUSTER/parts/$1.sh" ]
}

# start_part NAME: starts the part unless it runs.
start_part() {
    pid_of "$1" >/dev/null && return
    in_part "$1" launch
}

serves() {
    pid_of "$1" >/dev/null && in_part "$1" ready
}

# await_part NAME: waits until the part serves; shows its log if it dies again and again or does not come up.
# On a busy machine that takes minutes, and a part that waits for another may give up meanwhile.
await_part() {
    local try
    for try in 1 2 3; do
        start_part "$1"
        wait_for 300 "$1 to serve" serves_or_died "$1" || {
            show_tail "$STATE/logs/$1.log"
            exit 1
        }
        ! pid_of "$1" >/dev/null || return 0
        say "$1 ended (start $try)"
    done
    show_tail "$STATE/logs/$1.log"
    die "$1 ended at once (is one of the ports from $PORT_BASE on taken? REGRESSION_CLUSTER_PORT_BASE moves them)"
}

serves_or_died() {
    ! pid_of "$1" >/dev/null || in_part "$1" ready
}

# install_api NAME DIRECTORY: custom resources, and waits until they are served.
install_api() {
    quietly "$STATE/logs/$1.log" kubectl apply --server-side -f "$2" &&
        quietly "$STATE/logs/$1.log" kubectl wait --for=condition=Established --timeout=5m -f "$2"
}
