package console

import "github.com/cabinloop/cabinloop/internal/web"

// clean makes text that others wrote fit to be shown, at most limit characters; lines keeps its
// lines.
func clean(s string, limit int, lines bool) string {
	return web.Text{Max: limit, Marks: maxMarks, Lines: lines}.Clean(s)
}
