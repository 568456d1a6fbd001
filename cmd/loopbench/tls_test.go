package main

import "testing"

// TestConnectionsCost guards the bytes of a new connection.
func TestConnectionsCost(t *testing.T) {
	l := &lab{site: &site{ctx: t.Context()}, sheet: &sheet{}}
	if err := l.connections(); err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]float64{"new connection, X25519MLKEM768": 4700, "resumed, X25519MLKEM768": 4000, "new connection, X25519": 2300, "resumed, X25519": 1700} {
		f := l.sheet.find("tls", name)
		if v := f.Value[ours]; v <= 0 || v > most {
			t.Errorf("%s: %v B, want at most %v", name, v, most)
		} else {
			t.Logf("%s: %v B", name, v)
		}
	}
}
