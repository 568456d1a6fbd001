package screen

import "github.com/cabinloop/cabinloop/internal/web"

// clean makes words that others wrote fit for a line of the page, at most limit characters.
func clean(s string, limit int) string { return web.Text{Max: limit, Marks: maxMarks}.Clean(s) }
