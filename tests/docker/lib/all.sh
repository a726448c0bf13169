# shellcheck shell=bash disable=SC2034
# Sources everything, and settles every path and name.  Expects DOCKER_TESTS, the directory of
# these scripts.

PROJECT=$(cd "$DOCKER_TESTS/../.." && pwd)
CACHE=${REGRESSION_DOCKER_CACHE:-$HOME/.cache/regression-docker}
STATE=${REGRESSION_DOCKER_STATE:-/var/tmp/regression-docker}
DOCKER_SOCKET=$STATE/docker.sock
ACTION_IMAGE=regression-action:test
JOB_IMAGE=local/busybox:1
RUNNER_IMAGE=local/runner:1
ACT_VERSION=0.2.89
NODE_VERSION=24.19.0 # that of actions/runner

# Debian keeps daemons in the administrator's directories.
PATH=$PATH:/usr/sbin:/sbin
export DOCKER_HOST=unix://$DOCKER_SOCKET
# The builder that every Docker has; the other one is a program of its own.
export DOCKER_BUILDKIT=0

for library in say process packages teardown; do
    # shellcheck source=/dev/null
    . "$DOCKER_TESTS/../cluster/lib/$library.sh"
done
MARKER=.regression-docker # tells a directory that may be removed
for library in daemon stand-ins images; do
    # shellcheck source=/dev/null
    . "$DOCKER_TESTS/lib/$library.sh"
done

# command and the package that has it
PACKAGES=(
    dockerd:docker.io
    runc:runc
    busybox:busybox-static
    debootstrap:debootstrap
    python3:python3
    skopeo:skopeo
)

[ "$(id -u)" = 0 ] || die "run this as root: Docker needs it"
[ "$(uname -s)" = Linux ] || die "the tests' Docker runs on Linux only"

# One at a time.  Held until this shell ends.
lock() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    flock --nonblock 9 || {
        say "waiting for another run of these scripts"
        flock 9
    }
}
