package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
)

// Render executes the named template with data and writes the page with status 200. It renders to
// a buffer first: on an error nothing was written, and the caller answers with its error page.
func Render(w http.ResponseWriter, tmpl *template.Template, name string, data any) error {
	return RenderStatus(w, http.StatusOK, tmpl, name, data)
}

// RenderStatus is [Render] with another status.
func RenderStatus(w http.ResponseWriter, status int, tmpl *template.Template, name string, data any) error {
	var page bytes.Buffer
	if err := tmpl.ExecuteTemplate(&page, name, data); err != nil {
		return fmt.Errorf("web.Render: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes()) // an error means the browser is gone
	return nil
}
