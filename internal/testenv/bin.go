package testenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var built struct {
	mu   sync.Mutex
	done map[string]error
}

// Bin returns the path of the program cmd/name as its users get it: from the folder in
// CABINLOOP_BIN (make test sets it, having built everything), else built here, once per test
// binary. Where it cannot be had, tb fails. Safe for concurrent use.
func Bin(tb testing.TB, name string) string {
	tb.Helper()
	if dir := os.Getenv("CABINLOOP_BIN"); dir != "" {
		path := filepath.Join(dir, name)
		if !isFile(path) {
			tb.Fatalf("testenv: no %s in CABINLOOP_BIN; run `make build`", path)
		}
		return path
	}
	dir, err := scratchDir()
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	path := filepath.Join(dir, "bin", name)
	built.mu.Lock()
	defer built.mu.Unlock()
	err, ok := built.done[name]
	if !ok {
		err = build(Root(tb), name, path)
		if built.done == nil {
			built.done = map[string]error{}
		}
		built.done[name] = err
	}
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	return path
}

func build(root, name, path string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/"+name)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build cmd/%s: %w\n%s", name, err, bytes.TrimSpace(out))
	}
	return nil
}
