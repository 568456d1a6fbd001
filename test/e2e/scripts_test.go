package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// TestScripts runs testdata/*.txtar: each is a conversation with the real programs.
//
//	serve ground|purser ARGS   starts a server in the background and sets $GROUND_URL or $PURSER_URL
//	code FILE VAR              reads the enrolment code from the JSON in FILE into $VAR
func TestScripts(t *testing.T) {
	bin := filepath.Dir(testenv.Bin(t, "ground"))
	testenv.Bin(t, "purser")
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("CABINLOOP_NOW", "2026-11-21T08:00:00Z")
			env.Setenv("CABINLOOP_DB", "sqlite:"+filepath.Join(env.WorkDir, "ground.db"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serve, "get": get},
	})
}

// get sets a variable from a JSON file: get VAR FILE KEY.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get VAR FILE KEY")
	}
	_, rest, ok := strings.Cut(ts.ReadFile(args[1]), `"`+args[2]+`": `)
	if !ok {
		ts.Fatalf("no %s in %s", args[2], args[1])
	}
	value, _, _ := strings.Cut(rest, "\n")
	ts.Setenv(args[0], strings.Trim(strings.TrimSuffix(strings.TrimSpace(value), ","), `"`))
}
