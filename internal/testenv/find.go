package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// findPostgres returns the folder that holds initdb and postgres: that on PATH, else what
// pg_config says, else the newest of Debian's versions.
func findPostgres() (string, error) {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		// Debian's own links lead to the folder with the libraries beside it.
		if real, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(debian)
	slices.Reverse(debian)
	dirs = append(dirs, debian...)
	for _, dir := range dirs {
		if isFile(filepath.Join(dir, "initdb")) && isFile(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("PostgreSQL is missing: no initdb and postgres on PATH, by pg_config --bindir or in /usr/lib/postgresql; " +
		"install it with `apt-get install postgresql`, or as root let `make test` do it")
}

// findChromium returns the path of a Chromium: that of CABINLOOP_CHROMIUM, else one on PATH.
func findChromium() (string, error) {
	if p := os.Getenv("CABINLOOP_CHROMIUM"); p != "" {
		if !isFile(p) {
			return "", fmt.Errorf("CABINLOOP_CHROMIUM is %s, which is not a file", p)
		}
		return p, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("chromium is missing: not on PATH and CABINLOOP_CHROMIUM is not set; " +
		"install it with `apt-get install chromium`, or as root let `make test` do it")
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
