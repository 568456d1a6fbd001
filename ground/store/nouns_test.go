package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground/store/storetest"
)

// notStored names the structs of ground that are no rows, each with what they are.
var notStored = map[string]string{
	"Account": "part of a person", "CaseFilter": "a question", "Edits": "part of a loop", "ManifestRow": "input", "ManifestUpdate": "input",
	"MovementUpdate": "input", "Complaint": "a question", "PersonTrips": "an answer", "ManifestResult": "an answer", "ImportReport": "an answer", "ImportError": "an answer", "Trip": "an answer",
	"ListFacts": "part of a flight", "Told": "part of a flight", "ListDoubt": "part of a flight", "ListCount": "part of a flight",
	"TravellerFacts": "part of a traveller", "Stay": "part of a traveller", "Service": "part of a traveller", "AnswerPool": "an answer",
}

// TestEveryNounIsFollowed: a new noun of ground is either followed through the store or named here.
func TestEveryNounIsFollowed(t *testing.T) {
	followed := map[string]bool{}
	for _, n := range storetest.Nouns() {
		followed[reflect.TypeOf(n).Name()] = true
	}
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of ground: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if _, ok := spec.Type.(*ast.StructType); ok && !followed[spec.Name.Name] && notStored[spec.Name.Name] == "" {
				t.Errorf("ground.%s is not followed through the store", spec.Name.Name)
			}
			return true
		})
	}
}
