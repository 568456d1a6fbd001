// Package testenv gives tests the real things around the code: a throw-away PostgreSQL, a
// Chromium, the built programs, the shared data folder.
//
// A test never skips because a tool is missing: it fails and says how to install it. The one
// skip is [Shared], since that data is not part of the repository.
//
// Everything made for one test binary lives in one scratch folder (see scratch.go). A watcher
// outside the test process removes it when the process is gone, however it went: no TestMain is
// needed, and a killed or timed-out run leaves nothing behind.
package testenv
