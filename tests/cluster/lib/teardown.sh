# shellcheck shell=bash

# Tells a directory that may be removed.
MARKER=.regression-cluster

claim_state() {
    mkdir -p "$STATE"
    [ -e "$STATE/$MARKER" ] || [ -z "$(ls -A "$STATE")" ] ||
        die "$STATE holds something else; REGRESSION_CLUSTER_STATE names another directory"
    touch "$STATE/$MARKER"
}

# Removes whatever may be left of a cluster, however it ended: everything below is done
# without any of its parts, and does nothing where nothing is left.

teardown() {
    [ -e "$STATE/$MARKER" ] || return 0
    local index
    for ((index = ${#PARTS[@]} - 1; index >= 0; index--)); do
        stop_daemon "${PARTS[index]}" KILL
    done
    stop_daemon kueue KILL
    remove_kueue_certificates
    kill_shims
    kill_containers
    unmount_below "$STATE"
    remove_network
    find /var/log/containers -lname "$STATE/*" -delete 2>/dev/null || true
    # The marker goes last: a removal that is cut short can then be taken up again.
    find "$STATE" -mindepth 1 ! -path "$STATE/$MARKER" -delete
    rm -rf "$STATE"
}

# A shim is told by the socket of its containerd.
kill_shims() {
    local pid
    for pid in $(pgrep -f -- "^[^ ]*containerd-shim[^ ]* .*-address $SOCKET" || true); do
        kill -KILL "$pid" 2>/dev/null || true
    done
}

# The control groups of our containers, whose ids are known by runc's directory of their
# states. Version 1 has one tree per controller, version 2 a single one.
container_groups() {
    local container
    for container in "$STATE"/containerd/runc/k8s.io/*/; do
        find /sys/fs/cgroup -maxdepth 3 -type d -path "*/k8s.io/$(basename "$container")"
    done
}

container_processes() {
    local group
    for group in $(container_groups); do
        find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
    done | sort -u
}

kill_containers() {
    local pid group
    for pid in $(container_processes); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait_for 20 "the end of the containers" no_containers
    for group in $(container_groups); do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

no_containers() {
    [ -z "$(container_processes)" ]
}

unmount_below() {
    local target
    while read -r target; do
        # What stays mounted must not be deleted: it may be a directory outside.
        umount --lazy "$target" || die "$target cannot be unmounted"
    done < <(awk -v below="$1/" 'index($5, below) == 1 {print $5}' /proc/self/mountinfo | sort -r)
}
