package console_test

import (
	"testing"
	"time"
)

// TestTheEndOfTheCertificateIsSaid: to the administrator, when it is near or the new one cannot be served.
func TestTheEndOfTheCertificateIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.user("ada", "admin")
	admin.has(admin.get("/users"), "!certificate-ends", "!certificate-bad")
	w.ends = time.Date(2026, 11, 28, 23, 0, 0, 0, time.UTC)
	admin.has(admin.get("/users"), `data-test="certificate-ends"`, "28 Nov", "!certificate-bad")
	w.bad = true
	admin.has(admin.get("/users"), `data-test="certificate-ends"`, `data-test="certificate-bad"`)
}
