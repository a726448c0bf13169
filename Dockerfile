# The action's image: one binary, the git that fetches commits, and a shell for runners that start
# containers by one.  It must not set USER or WORKDIR: the runner mounts directories of root.

# The manifest without tests, benchmarks, lints and what other tools read: to change these asks for no
# new dependencies.
FROM rust:1.95-slim-bookworm AS manifest
WORKDIR /build
COPY Cargo.toml ./
RUN sed -i '/^\[\[/,/^$/d; /^\[lints/,/^$/d; /^\[package.metadata/,/^$/d' Cargo.toml

# The dependencies first, for sources that are empty: their layer lasts until one of them changes.
FROM rust:1.95-slim-bookworm AS binary
# Tests take `tested`, which compiles in a fraction of the time.
ARG PROFILE=release
WORKDIR /build
COPY Cargo.lock ./
COPY --from=manifest /build/Cargo.toml ./
RUN mkdir src \
    && touch src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --profile "$PROFILE" --locked --bin regression-action
COPY examples examples
COPY manifests manifests
COPY src src
# Sources are older than what was compiled of the empty ones, and cargo goes by the time.
RUN touch src/lib.rs src/main.rs \
    && cargo build --profile "$PROFILE" --locked --bin regression-action \
    && mkdir -p /image/usr/local/bin \
    && cp "target/$PROFILE/regression-action" /image/usr/local/bin/ \
    && ln -s regression-action /image/usr/local/bin/regression-action-run \
    && ln -s regression-action /image/usr/local/bin/regression-action-post

FROM debian:bookworm-slim AS system
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends busybox-static ca-certificates git \
    && rm -rf /var/lib/apt/lists/*
# Programs with the libraries that they load, root certificates, and the files by which names of
# users and hosts are found.
RUN mkdir -p /image/{bin,etc,root,usr/share/git-core/templates} && mkdir -m 1777 /image/tmp \
    && for file in /usr/bin/git /usr/lib/git-core/git-remote-http; do \
           { echo "$file"; ldd "$file" | grep -o '/[^ ]*'; } \
               | xargs cp --parents --dereference --target-directory=/image; \
       done \
    && ln -s git-remote-http /image/usr/lib/git-core/git-remote-https \
    && cp --parents --dereference --target-directory=/image \
        "/lib/$(uname -m)-linux-gnu"/{libgcc_s.so.1,libm.so.6} /etc/ssl/certs/ca-certificates.crt \
    && cp /bin/busybox /image/bin/ \
    && for tool in sh cat chmod cp env grep id ls mkdir mktemp mv rm sed sleep tail tar; do \
           ln -s busybox "/image/bin/$tool"; \
       done \
    && echo 'root:x:0:0:root:/root:/bin/sh' > /image/etc/passwd \
    && echo 'root:x:0:' > /image/etc/group \
    && echo 'hosts: files dns' > /image/etc/nsswitch.conf

FROM scratch
LABEL org.opencontainers.image.title="regression-action" \
      org.opencontainers.image.description="Answers whether a change made the model worse: trains base and head on a short-lived Ray cluster and compares them" \
      org.opencontainers.image.source="https://github.com/org/regression-action" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/usr/local/bin:/usr/bin:/bin
COPY --from=system /image/ /
COPY --from=binary /image/ /
ENTRYPOINT ["/usr/local/bin/regression-action-run"]
# Nothing that is to be loaded may be missing.
RUN ["/bin/sh", "-ec", "regression-action --version; git --version; /usr/lib/git-core/git-remote-https || [ $? = 1 ]"]
