package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// AssetPrefix is where [Assets] must be mounted.
const AssetPrefix = "/assets/"

// contentTypes lists what may be an asset. Other files of a file system are refused, so that a
// stray template or note is never served.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".webmanifest": "application/manifest+json",
}

// Assets serves files under names that carry their content's hash, so that a browser may keep
// them for ever. Safe for concurrent use.
type Assets struct {
	urls  map[string]string // by name
	files map[string]file   // by URL path
}

type file struct {
	contentType string
	plain, zip  []byte // zip is nil where it saves nothing
	etag        string
}

// NewAssets reads the vendored files (htmx.min.js, sse.min.js, pico.min.css) and every file of
// fsys. A name is the path within its file system; a name given twice or a kind of file that is
// no asset is an error.
func NewAssets(fsys ...fs.FS) (*Assets, error) {
	own, err := fs.Sub(vendored, "vendored")
	if err != nil {
		return nil, fmt.Errorf("web.NewAssets: %w", err)
	}
	a := &Assets{urls: map[string]string{}, files: map[string]file{}}
	for _, tree := range append([]fs.FS{own}, fsys...) {
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return a.add(tree, name)
		})
		if err != nil {
			return nil, fmt.Errorf("web.NewAssets: %w", err)
		}
	}
	return a, nil
}

func (a *Assets) add(tree fs.FS, name string) error {
	ext := path.Ext(name)
	kind, ok := contentTypes[ext]
	if !ok {
		return fmt.Errorf("%s: a %q file is no asset", name, ext)
	}
	if _, twice := a.urls[name]; twice {
		return fmt.Errorf("%s: two assets of this name", name)
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	url := AssetPrefix + strings.TrimSuffix(name, ext) + "-" + hash[:8] + ext
	zip, err := zipped(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	a.urls[name] = url
	a.files[url] = file{contentType: kind, plain: data, zip: zip, etag: `"` + hash[:32] + `"`}
	return nil
}

// zipped returns data compressed, or nil where that saves less than a tenth.
func zipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() > len(data)*9/10 {
		return nil, nil
	}
	return b.Bytes(), nil
}

// URL returns the path under which the named asset is served. An unknown name is an error, so a
// template that misspells one fails its test instead of a browser.
func (a *Assets) URL(name string) (string, error) {
	url, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("web.Assets.URL: no asset %q", name)
	}
	return url, nil
}

// Funcs returns the functions for templates: asset, which is [Assets.URL], and htmxConfig, which
// is [HtmxConfig].
func (a *Assets) Funcs() template.FuncMap {
	return template.FuncMap{
		"asset":      a.URL,
		"htmxConfig": func() string { return HtmxConfig },
	}
}

// ServeHTTP serves one asset. A path with an old hash is not found: the page that named it is old.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "assets are only read", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.zip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = f.zip
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) // an error means the browser is gone
	}
}

// acceptsGzip reads Accept-Encoding. Any weight but zero counts as yes.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
