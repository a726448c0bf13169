# shellcheck shell=bash
# Stand-ins for the public images that the Dockerfile starts from, under their very names, so that
# nothing is pulled.  What this machine needs to reach package registries (certificates, proxies)
# goes into them and never into the Dockerfile.

STAND_IN_CERTIFICATES=/etc/ssl/machine.pem
# What the generated Dockerfile starts from unless the config says otherwise.
PYTHON_IMAGE=python:3.11-slim-bookworm

# image_named PREFIX: as the Dockerfile has it, with its tag.
image_named() {
    sed -n "s/^FROM \($1:[^ ]*\).*/\1/p" "$PROJECT/Dockerfile" | sort -u
}

make_stand_ins() {
    DEBIAN_IMAGE=$(image_named debian)
    RUST_IMAGE=$(image_named rust)
    [[ -n $DEBIAN_IMAGE && -n $RUST_IMAGE ]] || die "the Dockerfile starts from other images than debian and rust"
    stand_in_is_current "$DEBIAN_IMAGE" || make_debian
    stand_in_is_current "$RUST_IMAGE" || make_rust
    stand_in_is_current "$PYTHON_IMAGE" || make_python
}

machine_certificates() {
    echo "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
}

# What the stand-ins are made of; their label has it.
stand_in_key() {
    {
        echo "$DEBIAN_IMAGE $RUST_IMAGE"
        rustc -vV
        cat "$DOCKER_TESTS/lib/stand-ins.sh" "$(machine_certificates)" "$(cargo_settings)"
        apt_settings
    } 2>/dev/null | sha256sum | cut -c1-16
}

stand_in_is_current() {
    [ "$("$DOCKER" image inspect --format '{{index .Config.Labels "stand-in"}}' "$1" 2>/dev/null)" = \
        "$(stand_in_key)" ]
}

make_debian() {
    local root=$CACHE/root tag=${DEBIAN_IMAGE#*:}
    say "making $DEBIAN_IMAGE (about 1 min) ..."
    rm -rf "$root"
    quietly "$STATE/logs/debootstrap.log" debootstrap --variant=minbase "${tag%-slim}" "$root" ||
        die "debootstrap fails"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
    install -D -m 644 "$(machine_certificates)" "$root$STAND_IN_CERTIFICATES"
    apt_settings >"$root/etc/apt/apt.conf.d/99machine"
    tar -C "$root" --numeric-owner -c . |
        "$DOCKER" import --change "LABEL stand-in=$(stand_in_key)" - "$DEBIAN_IMAGE" >/dev/null ||
        die "$DEBIAN_IMAGE cannot be imported"
    rm -rf "$root"
}

apt_settings() {
    apt-config dump --format '%f "%v";%n' | grep -iE '^Acquire::https?::Proxy' || true
    echo "Acquire::https::CaInfo \"$STAND_IN_CERTIFICATES\";"
}

# The machine's own toolchain, without its documentation.
make_rust() {
    local context=$CACHE/rust toolchain
    toolchain=$(rustc --print sysroot)
    say "making $RUST_IMAGE (about 1 min) ..."
    rm -rf "$context"
    mkdir -p "$context/rust" "$context/cargo"
    tar -C "$toolchain" -c --exclude=lib/rustlib/src bin/cargo bin/rustc lib | tar -C "$context/rust" -x
    cp "$(cargo_settings)" "$context/cargo/config.toml"
    rust_dockerfile >"$context/Dockerfile"
    quietly "$STATE/logs/rust.log" "$DOCKER" build --network host --tag "$RUST_IMAGE" \
        --label "stand-in=$(stand_in_key)" "$context" || die "$RUST_IMAGE cannot be built"
    rm -rf "$context"
}

# The user's settings of cargo, where there are any: they may name another registry.
cargo_settings() {
    local file
    for file in "${CARGO_HOME:-$HOME/.cargo}"/config{.toml,}; do
        [ ! -f "$file" ] || {
            echo "$file"
            return
        }
    done
    echo /dev/null
}

rust_dockerfile() {
    cat <<DOCKERFILE
FROM $DEBIAN_IMAGE
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    CARGO_HOME=/usr/local/cargo \\
    CARGO_HTTP_CAINFO=$STAND_IN_CERTIFICATES
COPY cargo /usr/local/cargo
COPY rust /usr/local/rust
DOCKERFILE
    local name
    for name in $(compgen -e | grep -iE '^(https?|no|all)_proxy$|^CARGO_REGISTRIES_'); do
        printf 'ENV %s=%s\n' "$name" "${!name}"
    done
}

# Debian's own Python, which has the same version.
make_python() {
    local context=$CACHE/python
    say "making $PYTHON_IMAGE (about 1 min) ..."
    rm -rf "$context"
    mkdir -p "$context"
    python_dockerfile >"$context/Dockerfile"
    quietly "$STATE/logs/python.log" "$DOCKER" build --network host --tag "$PYTHON_IMAGE" \
        --label "stand-in=$(stand_in_key)" "$context" || die "$PYTHON_IMAGE cannot be built"
    rm -rf "$context"
}

python_dockerfile() {
    cat <<DOCKERFILE
FROM $DEBIAN_IMAGE
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip \\
    && ln -s python3 /usr/bin/python \\
    && rm -rf /var/lib/apt/lists/*
ENV PIP_CERT=$STAND_IN_CERTIFICATES SSL_CERT_FILE=$STAND_IN_CERTIFICATES
DOCKERFILE
    local name
    for name in $(compgen -e | grep -iE '^(https?|no|all)_proxy$|^(PIP|UV)_(DEFAULT_)?INDEX(_URL)?$'); do
        printf 'ENV %s=%s\n' "$name" "${!name}"
    done
}
