//go:build tools

// Package tools names the programs that the module here pins.
package tools

import (
	_ "sigs.k8s.io/metrics-server/cmd/metrics-server"
)
