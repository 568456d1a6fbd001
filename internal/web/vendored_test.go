package web

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVendoredFilesAreAsPublished(t *testing.T) {
	text, err := os.ReadFile("vendored/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest []struct{ File, NPM, Version, Path, SHA256, Licence, LicenceFile, LicenceSHA256 string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	notices, err := os.ReadFile("../../docs/notices.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"manifest.json": true}
	for _, m := range manifest {
		for name, want := range map[string]string{m.File: m.SHA256, m.LicenceFile: m.LicenceSHA256} {
			listed[name] = true
			data, err := os.ReadFile(filepath.Join("vendored", name))
			if err != nil {
				t.Error(err)
			} else if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != want {
				t.Errorf("%s of %s %s: got hash %s, want %s", name, m.NPM, m.Version, got, want)
			}
		}
		if line := m.NPM + " " + m.Version; !strings.Contains(string(notices), line) {
			t.Errorf("docs/notices.md lacks %q", line)
		}
	}
	entries, err := os.ReadDir("vendored")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !listed[e.Name()] {
			t.Errorf("vendored/%s is not in the manifest", e.Name())
		}
	}
}
