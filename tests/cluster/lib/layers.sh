# shellcheck shell=bash
# Builds the layers of the images as tar files: a minimal Debian by debootstrap, and on
# it a Python environment with Ray, installed in a chroot.

LAYERS=$CACHE/layers
BASE_PACKAGES=python3,python3-venv,ca-certificates,libgomp1,wget

build_layers() {
    images_pushed && return
    mkdir -p "$LAYERS"
    find "$LAYERS" -mindepth 1 -maxdepth 1 -name 'root*' -exec rm -rf {} +
    build_base
    build_ray
    build_crash
    rm -rf "$LAYERS/root"
}

build_base() {
    say "building the Debian layer (about 1 min) ..."
    local root=$LAYERS/root
    quietly "$CACHE/logs/debootstrap.log" debootstrap --variant=minbase \
        --include="$BASE_PACKAGES" "$DEBIAN_RELEASE" "$root" || die "debootstrap fails"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
        "$root"/usr/share/{doc,man,locale,info}/*
    chroot "$root" useradd --uid 1000 --create-home --shell /bin/bash ray
    : >"$root/etc/resolv.conf"
    echo localhost >"$root/etc/hostname"
    tar -C "$root" --numeric-owner -cf "$LAYERS/base.tar" .
}

# Only /home/ray goes into the layer, so what the build itself needs of this machine
# (certificates, the settings of pip) cannot end up in the image.
build_ray() {
    say "building the Ray layer (about 2 min) ..."
    local root=$LAYERS/root
    lend_machine_settings "$root"
    cp "$PROJECT/requirements.txt" "$root/tmp/requirements.txt"
    quietly "$CACHE/logs/pip.log" in_root "$root" "python3 -m venv /home/ray/venv &&
        /home/ray/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
            'ray[default]==$RAY_VERSION' -r /tmp/requirements.txt" ||
        die "Ray cannot be installed into its image"
    drop_ballast "$root"/home/ray/venv/lib/python3*/site-packages
    chroot "$root" chown -R ray:ray /home/ray
    tar -C "$root" --numeric-owner -cf "$LAYERS/ray.tar" ./home/ray
}

# A fifth of the image: what only Java programs and the packages' own tests need.
drop_ballast() {
    rm -rf "$1/ray/jars"
    find "$1/scipy" "$1/sklearn" -type d -name tests -prune -exec rm -rf {} +
}

in_root() {
    local certificates=()
    [ ! -f "$1/tmp/certificates.pem" ] || certificates=(
        PIP_CERT=/tmp/certificates.pem SSL_CERT_FILE=/tmp/certificates.pem
    )
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "${certificates[@]}" \
        chroot "$1" bash -c "$2"
}

# The name servers, certificates and index of Python packages that work on this machine.
lend_machine_settings() {
    local file bundle=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    [ ! -f "$bundle" ] || cp "$bundle" "$1/tmp/certificates.pem"
    [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$1/etc/pip.conf"
    for file in "$HOME/.config/pip/pip.conf" "${PIP_CONFIG_FILE:-}"; do
        [ ! -f "$file" ] || install -D "$file" "$1/root/.config/pip/pip.conf"
    done
}

# An image whose `ray` fails at once.
build_crash() {
    local root=$LAYERS/root-crash
    install -D -m 755 /dev/stdin "$root/usr/local/bin/ray" <<'SH'
#!/bin/sh
echo "ray: cannot start: this image is broken on purpose" >&2
exit 1
SH
    tar -C "$root" --owner=0 --group=0 -cf "$LAYERS/crash.tar" .
    rm -rf "$root"
}

# Apart from the rest, since it comes from the Go builds.
build_pause_layer() {
    images_pushed && return
    tar --dereference -C "$CACHE/bin" --owner=0 --group=0 -cf "$LAYERS/pause.tar" ./pause
}
