//go:build tools

// Package tools pins the Kueue that `tests/cluster/queues` builds.
package tools

import _ "sigs.k8s.io/kueue/cmd/kueue"
