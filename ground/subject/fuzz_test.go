package subject

import (
	"strings"
	"testing"
)

func FuzzJournal(f *testing.F) {
	key := `{"kind":"key","hash":"` + strings.Repeat("07", 32) + `"}` + "\n"
	for _, s := range []string{"", "\n", key, key + key, key + `{"kind":"person","hash":"` + strings.Repeat("01", 16) + `","at":"2026-11-21T08:00:00Z"}` + "\n",
		key + `{"kind":"op","hash":"` + strings.Repeat("01", 16) + `","flight":"0102030405060708"}` + "\n{", key + `{"kind":"op","hash":"","flight":"x"}` + "\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseJournal(b)
		if err == nil && !e.hasKey && len(e.erased)+len(e.stones) > 0 {
			t.Error("entries without a key")
		}
	})
}
