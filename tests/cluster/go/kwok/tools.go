//go:build tools

// Package tools pins the fake kubelet that `tests/cluster/up` builds.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
