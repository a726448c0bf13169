# shellcheck shell=bash
# Sources everything. Expects CLUSTER, the directory of these scripts.

for library in settings say process part packages binaries credentials network layers images teardown; do
    # shellcheck source=/dev/null
    . "$CLUSTER/lib/$library.sh"
done

[ "$(id -u)" = 0 ] || die "run this as root: containers and their network need it"
[ "$(uname -s)" = Linux ] || die "the test cluster runs on Linux only"

# One at a time, on the whole machine: its network is one. Held until this shell ends.
lock() {
    mkdir -p "$CACHE"
    exec 9>/run/lock/regression-cluster
    flock --nonblock 9 || {
        say "waiting for another run of these scripts"
        flock 9
    }
}
