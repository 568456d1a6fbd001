// Package console holds the pages of the social team, ground operations and the administrator.
//
// Pages are html/template with one struct each; every form works without JavaScript, htmx and
// server-sent events improve it. A page asks the services for what they know and calls one of
// them for a decision; the answer to a form is a redirect.
//
// Invariants:
//   - no personal data in an address, an event, a log line or the audit log; opening a case is
//     audited by its id;
//   - text that others wrote is cleaned by [clean], isolated by <bdi> and escaped by
//     html/template; links in it are text;
//   - who is signed in, and in which role, is read from the database with each request: a user
//     who is disabled has no access from the next request on, and no stream of events after the
//     next change;
//   - a session lives in the store, keyed by a token that changes at sign-in, and ends by the
//     injected clock: idle or absolute.
//
// What it does not do: decide (cases, dispatch, followup), send replies (social).
package console
