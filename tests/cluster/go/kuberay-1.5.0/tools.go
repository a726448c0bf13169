//go:build tools

// Package tools pins the KubeRay operator that `tests/cluster/up` builds.
package tools

import _ "github.com/ray-project/kuberay/ray-operator"
