package power

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func needRoot() error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	return nil
}

// needFuse mounts and unmounts a disk.
func needFuse(t *testing.T) {
	t.Helper()
	err := needRoot()
	if err == nil {
		_, err = os.Stat("/dev/fuse")
	}
	if err == nil {
		srv, mountErr := mount(newDisk(nil), t.TempDir())
		if err = mountErr; err == nil {
			err = srv.Unmount()
		}
	}
	if err != nil {
		summary.skip(t, "fuse", err)
	}
}

// needTmpfs mounts and unmounts one.
func needTmpfs(t *testing.T) {
	t.Helper()
	err := needRoot()
	if err == nil {
		dir := t.TempDir()
		if err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err == nil {
			err = syscall.Unmount(dir, 0)
		}
	}
	if err != nil {
		summary.skip(t, "tmpfs", err)
	}
}

// needStrace makes a flush of a program fail.
func needStrace(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		err = exec.Command(path, "-f", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true").Run()
	}
	if err != nil {
		summary.skip(t, "strace", err)
	}
}
