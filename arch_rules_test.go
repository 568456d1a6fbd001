package cabinloop_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

func checkPure(s []source) []string {
	var out []string
	for _, f := range s {
		if f.dir != "sync" || f.test {
			continue
		}
		out = append(out, f.importsOutside([]string{module + "/passenger"})...)
		out = append(out, f.importsOf(impure)...)
		out = append(out, f.calls("time", "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker")...)
		for _, p := range f.imports() {
			if path.Base(p) == "rand" || strings.Contains(p, "/rand/") {
				out = append(out, f.path+": imports "+p)
			}
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.GoStmt:
				what = "a go statement"
			case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt:
				what = "a channel"
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					what = "a channel"
				}
			}
			if what != "" {
				out = append(out, fmt.Sprintf("%s: %s", f.at(n), what))
			}
			return true
		})
	}
	return out
}

func checkGroundEdges(s []source) []string {
	allowed := map[[2]string]bool{}
	for _, e := range groundEdges {
		allowed[[2]string{e.from, e.to}] = true
	}
	var out []string
	for _, f := range product(s, "ground") {
		from := groundPart(f.dir)
		for _, p := range f.imports() {
			dir, ours := strings.CutPrefix(p, module+"/")
			if !ours || !within(dir, "ground") {
				continue
			}
			if to := groundPart(dir); to != "" && to != from && !allowed[[2]string{from, to}] {
				out = append(out, fmt.Sprintf("%s: imports %s; declare an interface, or add the edge with its reason", f.path, p))
			}
		}
	}
	return out
}

// groundPart returns the part of ground that a folder belongs to; "" is ground's root.
func groundPart(dir string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(dir, "ground"), "/"), "/")
	return part
}

// program returns the folder below cmd that dir belongs to, or "".
func program(dir string) string {
	if !within(dir, "cmd") {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(dir, "cmd"), "/"), "/")
	return name
}

func checkPackageComments(s []source) []string {
	said := map[string][]string{}
	for _, f := range s {
		if f.test || f.generated() {
			continue
		}
		if _, ok := said[f.dir]; !ok {
			said[f.dir] = nil
		}
		if f.file.Doc != nil {
			said[f.dir] = append(said[f.dir], f.path)
		}
	}
	var out []string
	for _, dir := range slices.Sorted(maps.Keys(said)) {
		switch files := said[dir]; {
		case len(files) == 0:
			out = append(out, dir+": no package comment")
		case len(files) > 1:
			out = append(out, fmt.Sprintf("%s: package comments in %s", dir, strings.Join(files, ", ")))
		}
	}
	return out
}

// onlyIn returns the imports of libs (and what lies below them) outside the homes.
func onlyIn(s []source, libs []string, homes ...string) []string {
	var out []string
	for _, f := range s {
		if !withinAny(f.dir, homes) {
			out = append(out, f.importsOf(libs)...)
		}
	}
	return out
}

// longer returns the files with more than limit lines among those that counts picks.
func longer(s []source, limit int, counts func(source) bool) []string {
	var out []string
	for _, f := range s {
		if counts(f) && f.lines > limit {
			out = append(out, fmt.Sprintf("%s: %d lines", f.path, f.lines))
		}
	}
	return out
}
