package testenv

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// moduleLine opens the go.mod of the repository's root.
const moduleLine = "module github.com/cabinloop/cabinloop\n"

// Root returns the root folder of the repository that the running test belongs to.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte(moduleLine)) {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("testenv: no go.mod of this repository above the working directory")
		}
		dir = up
	}
}

// Shared returns the folder of the real-world data sets: CABINLOOP_SHARED, else shared/data
// beside the repository. It is not part of the repository, so where it is missing tb skips and
// says so. A CABINLOOP_SHARED that is no folder fails tb.
func Shared(tb testing.TB) string {
	tb.Helper()
	dir, set := os.LookupEnv("CABINLOOP_SHARED")
	if !set {
		dir = filepath.Join(Root(tb), "..", "shared", "data")
	}
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		return dir
	}
	if set {
		tb.Fatalf("testenv: CABINLOOP_SHARED is %q, which is not a folder", dir)
	}
	tb.Skipf("testenv: no data sets at %s; set CABINLOOP_SHARED to their folder", dir)
	return ""
}

// Chromium returns the path of a Chromium: CABINLOOP_CHROMIUM, else one on PATH. Where there is
// none, tb fails. Start it with [ChromiumFlags].
func Chromium(tb testing.TB) string {
	tb.Helper()
	path, err := findChromium()
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	return path
}

// ChromiumFlags lists the command-line flags (without dashes) that a test's Chromium needs: it
// must run as root in a container and call nothing outside the machine. Give it an empty
// user-data-dir as well.
func ChromiumFlags() []string {
	return []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-dev-shm-usage",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-default-apps", "hide-scrollbars",
	}
}
