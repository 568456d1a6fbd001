package testenv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// needs lists what [Prepare] looks for and the Debian packages that bring it. The fonts draw
// the languages of the console's screenshots; without any font Chromium draws boxes.
var needs = []struct {
	name     string
	find     func() (string, error)
	packages []string
}{
	{"PostgreSQL", findPostgres, []string{"postgresql"}},
	{"Chromium", findChromium, []string{"chromium", "fonts-dejavu-core"}},
}

// Prepare makes sure that PostgreSQL and Chromium are installed and says on out what it found
// or did. Where one is missing and the process is root on Debian it installs the packages with
// apt-get; otherwise it returns an error that names them.
func Prepare(ctx context.Context, out io.Writer) error {
	var missing, packages []string
	for _, n := range needs {
		path, err := n.find()
		if err == nil {
			fmt.Fprintf(out, "%s: %s\n", n.name, path)
			continue
		}
		missing = append(missing, err.Error())
		packages = append(packages, n.packages...)
	}
	if len(packages) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%s (not root on Debian, so not installing it here)", strings.Join(missing, "; "))
	}
	fmt.Fprintf(out, "installing %s with apt-get\n", strings.Join(packages, " "))
	if err := aptGet(ctx, "update"); err != nil {
		return err
	}
	if err := aptGet(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...); err != nil {
		return err
	}
	for _, n := range needs {
		path, err := n.find()
		if err != nil {
			return fmt.Errorf("after apt-get install: %w", err)
		}
		fmt.Fprintf(out, "%s: %s\n", n.name, path)
	}
	return nil
}

// aptGet runs apt-get quietly; its output comes back in the error only.
func aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(output))
	}
	return nil
}
