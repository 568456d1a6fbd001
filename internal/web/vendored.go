package web

import "embed"

// vendored holds htmx, its SSE extension and Pico as published on npm; see vendored/manifest.json
// for versions and hashes and docs/notices.md for their licences.
//
//go:embed vendored/*.js vendored/*.css
var vendored embed.FS

// HtmxConfig is the content of <meta name="htmx-config">: nothing that the content security
// policy would refuse (eval, inline style), no script out of a swapped fragment, and no copy of a
// page in the browser's storage, since pages name passengers.
const HtmxConfig = `{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"historyCacheSize":0,"refreshOnHistoryMiss":true,"selfRequestsOnly":true}`
