# shellcheck shell=bash
# Removes whatever may be left of a cluster, however it ended: everything below is done
# without any of its parts, and does nothing where nothing is left.

teardown() {
    local index
    for ((index = ${#PARTS[@]} - 1; index >= 0; index--)); do
        stop_daemon "${PARTS[index]}" KILL
    done
    kill_shims
    kill_containers
    unmount_below "$STATE"
    remove_network
    rm -rf "$STATE"
}

# A shim is told by the socket of its containerd.
kill_shims() {
    local pid
    for pid in $(pgrep -f -- "containerd-shim.* -address $SOCKET" || true); do
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
        umount --lazy "$target" 2>/dev/null || true
    done < <(awk '{print $5}' /proc/self/mountinfo | grep -F "$1/" | sort -r)
}
