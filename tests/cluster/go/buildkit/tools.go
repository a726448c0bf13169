//go:build tools

// Package tools pins the BuildKit of the Job that `image --build-job` prints, the buildx of
// prebuild.yml, and what lets BuildKit run without root.
package tools

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
	_ "github.com/rootless-containers/rootlesskit/v2/cmd/rootlesskit"
)
