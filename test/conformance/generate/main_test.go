// Package generate_test writes the conformance vectors of docs/protocol/vectors with the real
// engine, wire and keys. Everything in them is fixed: keys, salts, times. A normal run compares;
//
//	go test ./test/conformance/generate -rewrite
//
// writes them anew. Whoever rewrites explains each difference: tablets in use hold the old bytes.
package generate_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the vectors anew instead of comparing")

const folder = "../../../docs/protocol/vectors"

// hexed is bytes that JSON shows as hex digits.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// vector compares v with a file of the folder, or writes it.
func vector(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if *rewrite {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got.Bytes(), want) {
		return
	}
	a, b := bytes.Split(want, []byte("\n")), bytes.Split(got.Bytes(), []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("%s, line %d: the engine makes\n%.300s\nand the file says\n%.300s", name, i+1, b[i], a[i])
		}
	}
	t.Fatalf("%s: the engine makes %d lines, the file has %d", name, len(b), len(a))
}

// TestNothingElse checks that each file of the folder is made here.
func TestNothingElse(t *testing.T) {
	if *rewrite {
		t.Skip("the files are being written")
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, name := range []string{"keys.json", "ops.json", "poison.json", "vectors.json", "chains.json", "claims.json", "sealed.json", "packed.json",
		"state.json", "lan.json", "exchange.json", "fork.json", "restored.json", "late.json", "calls.json", "fold.json"} {
		made[name] = true
	}
	for _, e := range list {
		if !made[e.Name()] {
			t.Errorf("%s is made by nobody", e.Name())
		}
		delete(made, e.Name())
	}
	for name := range made {
		t.Errorf("%s is missing", name)
	}
}
