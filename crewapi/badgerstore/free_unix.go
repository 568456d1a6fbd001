//go:build unix

package badgerstore

import "syscall"

// Free returns the bytes an ordinary process may still write where dir is.
func Free(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// Writable reports why no file can be made in dir, as far as the system says so without a write: the
// disk or the directory can only be read, or hardly a file more fits its table of files.
func Writable(dir string) error {
	const write, search = 2, 1
	if err := syscall.Access(dir, write|search); err != nil {
		return err
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return err
	}
	if st.Files > 0 && st.Ffree < filesFloor {
		return syscall.ENOSPC
	}
	return nil
}
