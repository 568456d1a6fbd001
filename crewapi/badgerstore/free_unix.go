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
