# shellcheck shell=bash
# The Debian packages that the cluster needs, installed where their command is missing.

# command (or file) and the package that has it
PACKAGES=(
    containerd:containerd
    runc:runc
    /usr/lib/cni/bridge:containernetworking-plugins
    docker-registry:docker-registry
    htpasswd:apache2-utils
    debootstrap:debootstrap
    iptables:iptables
    ip:iproute2
    openssl:openssl
    curl:curl
    python3:python3
)

missing_packages() {
    local entry
    for entry in "${PACKAGES[@]}"; do
        command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}"
    done
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "install these first: ${missing[*]} (there is no apt-get to do it)"
    say "installing ${missing[*]}"
    without_services quietly "$CACHE/logs/packages.log" "${BASH_SOURCE[0]%/cluster/lib/*}/apt" "${missing[@]}"
}

# A fresh package must not start its service: the cluster runs its own instances.
without_services() {
    local policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] && {
        "$@"
        return
    }
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    local failed=0
    "$@" || failed=1
    rm -f "$policy"
    return "$failed"
}
