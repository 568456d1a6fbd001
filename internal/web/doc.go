// Package web holds what the console and the purser's screen share: assets under content hashes,
// strict headers, rendering to a buffer, languages, server-sent events, the check of Host for a
// server on the loopback. It knows no word of the domain and returns plain errors; the callers
// give them codes.
//
// Everything is embedded: a page loads nothing from another host, and the content security policy
// of [SecureHeaders] refuses it. There is no inline script and no inline style; htmx runs under
// the settings of [HtmxConfig].
//
// A server puts it together like this:
//
//	assets, err := web.NewAssets(ownFiles)               // own css and js, by name
//	words, err := web.NewMessages(ownLanguages)          // active.en.toml, active.nl.toml
//	tmpl := template.New("").Funcs(assets.Funcs())       // {{asset "pico.min.css"}}, {{htmxConfig}}
//	mux.Handle("GET "+web.AssetPrefix, assets)
//	handler := web.SecureHeaders(mux)
//
// and a page struct embeds the [Words] of its request: {{.T "note.title"}}.
package web
