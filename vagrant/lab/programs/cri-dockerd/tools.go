//go:build tools

// Package tools names the programs that the module here pins.
package tools

import (
	_ "github.com/Mirantis/cri-dockerd"
)
