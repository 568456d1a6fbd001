package cabinloop_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one parsed Go file. Paths are relative to the root, with slashes.
type source struct {
	path, dir string
	test      bool
	lines     int
	fset      *token.FileSet
	file      *ast.File
}

// readTree parses every Go file of the module below root.
func readTree(t *testing.T, root string) []source {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "var" || otherModule(p)) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(p, ".go") {
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			files[filepath.ToSlash(p)] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parseTree(t, files)
}

// otherModule says whether dir has a go.mod of its own.
func otherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func parseTree(t *testing.T, files map[string]string) []source {
	t.Helper()
	var out []source
	for _, p := range slices.Sorted(maps.Keys(files)) {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, p, files[p], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", p, err)
		}
		out = append(out, source{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"),
			lines: bytes.Count([]byte(files[p]), []byte("\n")), fset: fset, file: file})
	}
	return out
}

func (f source) generated() bool { return ast.IsGenerated(f.file) }

func (f source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

func pathOf(im *ast.ImportSpec) string {
	p, _ := strconv.Unquote(im.Path.Value) // the parser has checked it
	return p
}

func (f source) imports() []string {
	var out []string
	for _, im := range f.file.Imports {
		out = append(out, pathOf(im))
	}
	return out
}

// importsOf returns a line for each import of one of libs or of what lies below one.
func (f source) importsOf(libs []string) []string {
	var out []string
	for _, im := range f.file.Imports {
		if withinAny(pathOf(im), libs) {
			out = append(out, fmt.Sprintf("%s: imports %s", f.at(im), pathOf(im)))
		}
	}
	return out
}

// importsOutside returns a line for each import that is neither of the standard library nor
// exactly one of allowed.
func (f source) importsOutside(allowed []string) []string {
	var out []string
	for _, im := range f.file.Imports {
		p := pathOf(im)
		first, _, _ := strings.Cut(p, "/")
		if strings.Contains(first, ".") && !slices.Contains(allowed, p) {
			out = append(out, fmt.Sprintf("%s: imports %s", f.at(im), p))
		}
	}
	return out
}

// calls returns a line for each use of a named member of the imported package, called or not. A
// dot import of it counts as a use, since it hides them.
func (f source) calls(pkg string, names ...string) []string {
	local := ""
	for _, im := range f.file.Imports {
		if pathOf(im) == pkg {
			local = path.Base(pkg)
			if im.Name != nil {
				local = im.Name.Name
			}
		}
	}
	switch local {
	case "":
		return nil
	case ".":
		return []string{f.path + ": dot import of " + pkg}
	}
	var out []string
	ast.Inspect(f.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				out = append(out, fmt.Sprintf("%s: uses %s.%s", f.at(n), pkg, sel.Sel.Name))
			}
		}
		return true
	})
	return out
}

// under returns the files at or below a folder, tests included; product leaves tests out.
func under(s []source, dir string) []source {
	return slices.DeleteFunc(slices.Clone(s), func(f source) bool { return !within(f.dir, dir) })
}

func product(s []source, dir string) []source {
	return slices.DeleteFunc(under(s, dir), func(f source) bool { return f.test })
}

// within says whether a path is parent or lies below it.
func within(p, parent string) bool { return p == parent || strings.HasPrefix(p, parent+"/") }

func withinAny(p string, parents []string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return within(p, parent) })
}
