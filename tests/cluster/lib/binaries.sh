# shellcheck shell=bash
# The Go commands, each built once per content of its module's files, Go version and flags.

# module, its packages (a command is named as the last word of its package), rough minutes on two cores
build_binaries() {
    build_module kubernetes 5 \
        k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kube-proxy,kubectl}
    build_module "$KUBERAY" 2 github.com/ray-project/kuberay/ray-operator
    build_module etcd 1 .
    build_module coredns 1 .
    build_module kwok 1 sigs.k8s.io/kwok/cmd/kwok
    build_module pause 0 .
}

# build_module MODULE MINUTES PACKAGE...: leaves the commands in $CACHE/bin.
build_module() {
    local module=$1 minutes=$2 target
    shift 2
    target=$(module_home "$module")
    if [ ! -d "$target" ]; then
        say "building $module (about $minutes min where nothing is cached) ..."
        rm -rf "$target.part"
        mkdir -p "$target.part"
        quietly "$CACHE/logs/build-$module.log" go_build "$module" "$target.part" "$@" ||
            die "$module does not build"
        keep_files "$module" "$target.part"
        mv "$target.part" "$target"
    fi
    touch "$target" # tells prune_caches that it is in use
    mkdir -p "$CACHE/bin"
    ln -sfn -t "$CACHE/bin" "$target"/*
}

# module_home MODULE: where its commands are.
module_home() {
    echo "$CACHE/go/$1-$(module_key "$1")"
}

module_key() {
    { go_version && declare -f go_build version_stamps && cat "$CLUSTER/go/$1"/{go.mod,go.sum,*.go}; } 2>/dev/null | sha256sum | cut -c1-12
}

go_version() {
    go env GOVERSION
}

# go_build MODULE DIRECTORY PACKAGE...
go_build() {
    local directory=$2
    cd "$CLUSTER/go/$1" || return
    shift 2
    local stamps=()
    [ "$PWD" != "$CLUSTER/go/kubernetes" ] || mapfile -t stamps < <(version_stamps)
    # The user's own settings must not change the build, nor may it change go.mod or go.sum.
    GOFLAGS=-mod=readonly GOWORK=off CGO_ENABLED=0 nice \
        go build -p 2 -trimpath -buildvcs=false -ldflags "-s -w ${stamps[*]}" -o "$directory/" "$@"
}

# Kubernetes learns its version from the linker.
version_stamps() {
    local stamped=k8s.io/component-base/version version minor
    version=$(required_version kubernetes k8s.io/kubernetes)
    minor=${version#*.}
    echo "-X $stamped.gitVersion=$version"
    echo "-X $stamped.gitMajor=${version:1:1} -X $stamped.gitMinor=${minor%%.*}"
}

# required_version MODULE PACKAGE: as the go.mod of our module has it.
required_version() {
    sed -n "s,^require $2 \\(v.*\\),\\1,p" "$CLUSTER/go/$1/go.mod"
}

# keep_files MODULE DIRECTORY: what else the cluster needs of the module, so that a
# machine with these caches needs no module.
keep_files() {
    local source
    case $1 in
        "$KUBERAY")
            source=$(source_of "$1" github.com/ray-project/kuberay/ray-operator)
            cp -r --no-preserve=mode "$source/config/crd/bases" "$2/crds"
            ;;
        buildkit)
            source=$(source_of buildkit github.com/moby/buildkit)
            cp "$source/examples/buildctl-daemonless/buildctl-daemonless.sh" "$2/"
            chmod 755 "$2/buildctl-daemonless.sh"
            ;;
        kueue)
            source=$(source_of kueue sigs.k8s.io/kueue)/config/components
            mkdir "$2/kueue-api"
            cp -r --no-preserve=mode "$source/crd/bases" "$2/kueue-api/crds"
            cp --no-preserve=mode "$source/webhook/manifests.yaml" "$2/kueue-api/webhooks.yaml"
            ;;
    esac
}

# source_of MODULE PACKAGE: the directory of the package's module, as our module requires it.
source_of() (
    cd "$CLUSTER/go/$1" && GOFLAGS=-mod=readonly GOWORK=off go list -m -f '{{.Dir}}' "$2"
)
