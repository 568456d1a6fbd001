package testenv

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// hold makes the re-run test binary start a cluster, print its facts and wait to be killed.
const hold = "CABINLOOP_TESTENV_HOLD"

func TestPostgresGivesEachTestItsOwnDatabase(t *testing.T) {
	a, b := Postgres(t), Postgres(t)
	if a == b {
		t.Fatalf("two calls gave one database: %s", a)
	}
	if err := execSQL(t.Context(), a, "CREATE TABLE only_in_a (n int)"); err != nil {
		t.Fatal(err)
	}
	if err := execSQL(t.Context(), b, "SELECT n FROM only_in_a"); err == nil {
		t.Error("a table made in one database is visible in the other")
	}
}

func TestPostgresKnowsUnicode(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var ctype, encoding, upper string
	err = conn.QueryRow(t.Context(), `SELECT datctype, pg_encoding_to_char(encoding), upper('éß') FROM pg_database WHERE datname = current_database()`).
		Scan(&ctype, &encoding, &upper)
	if err != nil {
		t.Fatal(err)
	}
	if ctype != "C.UTF-8" || encoding != "UTF8" || !strings.HasPrefix(upper, "É") {
		t.Errorf("got ctype %q, encoding %q, upper(éß) %q; want C.UTF-8, UTF8, É…", ctype, encoding, upper)
	}
}

func TestPostgresDropsTheDatabaseAfterTheTest(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) {
		url = Postgres(t)
		conn, err := pgx.Connect(t.Context(), url) // left open: dropping must not wait for it
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
	})
	if err := execSQL(t.Context(), url, "SELECT 1"); err == nil {
		t.Errorf("%s still answers after its test", url)
	}
}

func TestStopEndsTheServer(t *testing.T) {
	url, stop, err := StartPostgres("")
	if err != nil {
		t.Fatal(err)
	}
	if err := execSQL(t.Context(), url, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := execSQL(t.Context(), url, "SELECT 1"); err == nil {
		t.Error("the server still answers after stop")
	}
}

// TestKilledTestLeavesNothing kills a process that holds a cluster and waits for server and
// folder to go.
func TestKilledTestLeavesNothing(t *testing.T) {
	if os.Getenv(hold) != "" {
		url := Postgres(t)
		os.Stdout.WriteString("HOLD " + url + " " + scratch.dir + "\n")
		select {}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestKilledTestLeavesNothing$")
	cmd.Env = append(os.Environ(), hold+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out safeBuffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url, dir string
	eventually(t, "the child starts its cluster", func() bool {
		for line := range strings.Lines(out.String()) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "HOLD" {
				url, dir = f[1], f[2]
			}
		}
		return url != ""
	})
	if err := execSQL(t.Context(), url, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "the server dies with its test", func() bool { return execSQL(t.Context(), url, "SELECT 1") != nil })
	eventually(t, "the folder goes with its test", func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
}

func TestSharedFollowsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CABINLOOP_SHARED", dir)
	if got := Shared(t); got != dir {
		t.Errorf("got %s, want %s", got, dir)
	}
}

func TestBinTakesThePreparedOne(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "ground")
	if err := os.WriteFile(want, []byte("x"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CABINLOOP_BIN", dir)
	if got := Bin(t, "ground"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBuildTellsWhatFailed(t *testing.T) {
	err := build(Root(t), "no-such-program", filepath.Join(t.TempDir(), "x"))
	if err == nil || !strings.Contains(err.Error(), "cmd/no-such-program") {
		t.Errorf("got %v, want an error that names the program", err)
	}
}

func TestPrepareFindsWhatIsInstalled(t *testing.T) {
	Chromium(t) // fails with the reason where make test has not prepared the machine
	var out bytes.Buffer
	if err := Prepare(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PostgreSQL: /", "Chromium: /"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, &out)
		}
	}
}

func TestChromiumDrawsALocalPage(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(`<title>x</title><p id=p>before</p><script>document.getElementById("p").textContent = "af" + "ter"</script>`))
	}))
	defer page.Close()
	args := []string{"--dump-dom", "--user-data-dir=" + t.TempDir()}
	for _, f := range ChromiumFlags() {
		args = append(args, "--"+f)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, Chromium(t), append(args, page.URL)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte(">after<")) {
		t.Errorf("got %s, want the page after its script ran", out)
	}
}
