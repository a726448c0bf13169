# shellcheck shell=bash
# The images of the cluster: their names, and pushing those that the registry lacks.
# The names hold a hash of what the images are made of.

PROJECT=$CLUSTER/../../src/demo/project

images_key() {
    {
        echo "$DEBIAN_RELEASE $RAY_VERSION"
        cat "$PROJECT/requirements.txt" "$CLUSTER/lib/layers.sh" "$CLUSTER/lib/images.sh" \
            "$CLUSTER/image/push" "$CLUSTER/go/pause/main.go"
    } | sha256sum | cut -c1-12
}

# image NAME: the reference of the image in the registry without a password.
image() {
    echo "$REGISTRY/$1:$(images_key)"
}

registry_storage() {
    echo "$CACHE/registry/$(images_key)"
}

write_images_env() {
    cat >"$STATE/images.env" <<ENV
RAY_IMAGE=$(image ray)
CRASH_IMAGE=$(image crash)
PRIVATE_IMAGE=$PRIVATE_REGISTRY/ray:$(images_key)
PRIVATE_USER=$PRIVATE_USER
PRIVATE_PASSWORD=$PRIVATE_PASSWORD
PAUSE_IMAGE=$(image pause)
RAY_VERSION=$RAY_VERSION
KUBERAY_VERSION=$(required_version "$KUBERAY" github.com/ray-project/kuberay/ray-operator)
ENV
}

images_pushed() {
    [ -f "$(registry_storage)/complete" ]
}

# Needs the registry to serve and the layers to be built.
push_images() {
    images_pushed && return
    say "pushing images"
    local path='/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    push pause '{"Entrypoint": ["/pause"]}' "$LAYERS/pause.tar"
    push ray '{"User": "1000:1000", "WorkingDir": "/home/ray", "Env":
        ["PATH=/home/ray/venv/bin:'"$path"'", "HOME=/home/ray", "LANG=C.UTF-8"]}' \
        "$LAYERS/base.tar" "$LAYERS/ray.tar"
    push crash '{"User": "1000:1000", "WorkingDir": "/home/ray", "Env":
        ["PATH='"$path"'", "HOME=/home/ray", "LANG=C.UTF-8"]}' \
        "$LAYERS/base.tar" "$LAYERS/crash.tar"
    touch "$(registry_storage)/complete"
    rm -rf "$LAYERS" # the registry has them now
}

# push NAME CONFIG LAYER...
push() {
    local name=$1 config=$2
    shift 2
    IMAGE_ARCHITECTURE=$(go env GOARCH) \
        python3 "$CLUSTER/image/push" "$REGISTRY" "$name:$(images_key)" "$config" "$@" ||
        die "the image $name cannot be pushed to $REGISTRY"
}

# Tests need not wait for the first pull.
pull_images() {
    local name
    for name in pause ray crash; do
        ctr --address "$SOCKET" -n k8s.io images list -q "name==$(image "$name")" | grep -q . && continue
        say "pulling $(image "$name")"
        quietly "$STATE/logs/pull-$name.log" \
            ctr --address "$SOCKET" -n k8s.io images pull --plain-http "$(image "$name")" ||
            die "$(image "$name") cannot be pulled"
    done
}
