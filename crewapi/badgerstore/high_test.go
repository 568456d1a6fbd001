package badgerstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestHighWithoutAMark: a cut during the first flush leaves zeros, which is no loss; a mark that
// cannot be read may be one.
func TestHighWithoutAMark(t *testing.T) {
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"zeros":   {make([]byte, highSlot), false},
		"nothing": {nil, false},
		"rubbish": {bytes.Repeat([]byte{7}, highSlot), true},
	} {
		dir := t.TempDir()
		d := open(t, dir)
		fill(t, d, 1)
		d.Close()
		if err := os.WriteFile(filepath.Join(dir, "HIGH"), c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if d = open(t, dir); d.RolledBack() != c.want {
			t.Errorf("%s: rolled back %v", name, d.RolledBack())
		}
	}
}
