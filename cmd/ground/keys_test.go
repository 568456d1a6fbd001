package main

import (
	"path/filepath"
	"testing"
)

func TestKeyFile(t *testing.T) {
	for _, c := range []struct{ named, database, want string }{
		{"", "sqlite:var/ground.db", filepath.Join("var", "ground.keys")},
		{"", "sqlite:/data/a.b/ground", "/data/a.b/ground.keys"},
		{"", "postgres://ground@host/ground", filepath.Join("var", "ground.keys")},
		{"/secrets/k", "sqlite:var/ground.db", "/secrets/k"},
	} {
		if got := keyFile(c.named, c.database); got != c.want {
			t.Errorf("keyFile(%q, %q) = %q, want %q", c.named, c.database, got, c.want)
		}
	}
}
