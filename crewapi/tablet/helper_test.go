package tablet

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, "device.keys"), 0o600); err != nil { // CopyFS forgets modes
		t.Fatal(err)
	}
	return to
}

// childEnv tells this test program to be a tablet that is killed; see killed.
const childEnv = "CABINLOOP_TEST_TABLET"

// order is what such a tablet does before it dies by its own SIGKILL.
type order struct {
	Dir    string
	Now    time.Time
	Up     time.Duration
	Enrol  string // a code; with Ground
	Ground string
	Sync   bool
	Record []Entry
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		child(text)
	}
	os.Exit(m.Run())
}

func child(text string) {
	b, err := hex.DecodeString(text)
	fatal := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(3)
		}
	}
	fatal(err)
	var o order
	fatal(json.Unmarshal(b, &o))
	a, err := Open(Config{Dir: o.Dir, Now: func() time.Time { return o.Now }, Boot: func() (string, time.Duration) { return "", o.Up }, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), HTTP: &http.Client{}})
	fatal(err)
	ctx := context.Background()
	if o.Enrol != "" {
		fatal(a.Enrol(ctx, o.Ground, o.Enrol, "galley"))
	}
	for _, e := range o.Record {
		_, err := a.Record(ctx, e)
		fatal(err)
		fmt.Println("recorded")
	}
	if o.Sync {
		_, err := a.Sync(ctx)
		fmt.Println("synced", passenger.CodeOf(err))
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// killed runs a tablet in a process of its own, which does what o says and then dies by SIGKILL,
// without closing anything. It returns what it said.
func (w *world) killed(o order) (said []string) {
	w.Helper()
	o.Now = w.clock()
	_, o.Up = w.boot()
	b, err := json.Marshal(o)
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+hex.EncodeToString(b))
	cmd.Stderr = w.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.Fatal(err)
	}
	for sc := bufio.NewScanner(out); sc.Scan(); {
		said = append(said, sc.Text())
	}
	err = cmd.Wait()
	if st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !st.Signaled() || st.Signal() != syscall.SIGKILL {
		w.Fatalf("the tablet did not die as meant: %v, it said %q", err, said)
	}
	return said
}

// overTCP makes the world's ground reachable by other processes and returns its address.
func (w *world) overTCP() string {
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(w.ground, crewapi.Options{Now: w.clock, Log: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewServer(mux)
	w.Cleanup(srv.Close)
	w.http = srv.Client()
	return srv.URL
}
