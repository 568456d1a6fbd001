package budget

import (
	"errors"
	"strings"
	"testing"
)

// The events below were written by go test -json; elapsed times are rounded.
const (
	passing = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestX"}
{"Action":"output","Package":"m/a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"output","Package":"m/a","Test":"TestX","Output":"--- PASS: TestX (0.00s)\n"}
{"Action":"pass","Package":"m/a","Test":"TestX","Elapsed":0}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t1.250s\n"}
{"Action":"pass","Package":"m/a","Elapsed":1.25}
`
	skipping = `{"Action":"run","Package":"m/b","Test":"TestY"}
{"Action":"output","Package":"m/b","Test":"TestY","Output":"=== RUN   TestY\n"}
{"Action":"output","Package":"m/b","Test":"TestY","Output":"    y_test.go:9: no data sets\n"}
{"Action":"output","Package":"m/b","Test":"TestY","Output":"--- SKIP: TestY (0.00s)\n"}
{"Action":"skip","Package":"m/b","Test":"TestY","Elapsed":0}
{"Action":"output","Package":"m/b","Output":"ok  \tm/b\t2.500s\n"}
{"Action":"pass","Package":"m/b","Elapsed":2.5}
`
	failing = `{"Action":"run","Package":"m/c","Test":"TestZ"}
{"Action":"output","Package":"m/c","Test":"TestZ","Output":"    z_test.go:7: got 1, want 2\n"}
{"Action":"output","Package":"m/c","Test":"TestZ","Output":"--- FAIL: TestZ (0.00s)\n"}
{"Action":"fail","Package":"m/c","Test":"TestZ","Elapsed":0}
{"Action":"output","Package":"m/c","Output":"FAIL\n"}
{"Action":"output","Package":"m/c","Output":"FAIL\tm/c\t0.500s\n"}
{"Action":"fail","Package":"m/c","Elapsed":0.5}
`
	broken = `{"ImportPath":"m/d [m/d.test]","Action":"build-output","Output":"d/d.go:3:1: syntax error\n"}
{"ImportPath":"m/d [m/d.test]","Action":"build-fail"}
{"Action":"output","Package":"m/d","Output":"FAIL\tm/d [build failed]\n"}
{"Action":"fail","Package":"m/d","Elapsed":0,"FailedBuild":"m/d [m/d.test]"}
`
	panicking = `{"Action":"run","Package":"m/e","Test":"TestP"}
{"Action":"output","Package":"m/e","Test":"TestP","Output":"panic: out of tea\n"}
{"Action":"output","Package":"m/e","Output":"FAIL\tm/e\t0.1s\n"}
{"Action":"fail","Package":"m/e","Elapsed":0.1}
`
	empty = `{"Action":"output","Package":"m/f","Output":"?   \tm/f\t[no test files]\n"}
{"Action":"skip","Package":"m/f","Elapsed":0}
`
)

func TestFinish(t *testing.T) {
	exit1 := errors.New("exit status 1")
	for name, tc := range map[string]struct {
		events  string
		wait    error
		want    []string
		wantErr string
	}{
		"all pass": {events: passing + empty, want: []string{"ok  \tm/a\t1.250s\n", "?   \tm/f\t[no test files]\n", "1.25  100.0%  m/a\n", "1.25          1 packages\n", "\n1 passed, 0 failed, 0 skipped\n"}},
		"a skip is told with its reason": {events: passing + skipping,
			want: []string{"skipped, 1:\n  m/b TestY: y_test.go:9: no data sets\n", "2.50   66.7%  m/b\n", "\n1 passed, 0 failed, 1 skipped\n"}},
		"a failure is shown":                   {events: passing + failing, wait: exit1, want: []string{"z_test.go:7: got 1, want 2\n", "FAIL\tm/c\t0.500s\n", "\n1 passed, 1 failed, 0 skipped\n"}, wantErr: "exit status 1"},
		"a failure counts though go exits 0":   {events: failing, want: []string{"\n0 passed, 1 failed, 0 skipped\n"}, wantErr: "tests failed"},
		"a package that does not build":        {events: passing + broken, wait: exit1, want: []string{"d/d.go:3:1: syntax error\n", "[build failed]\n", "\n1 passed, 1 failed, 0 skipped\n"}, wantErr: "exit status 1"},
		"a panic is shown":                     {events: panicking, wait: exit1, want: []string{"panic: out of tea\n", "\n0 passed, 1 failed, 0 skipped\n"}, wantErr: "exit status 1"},
		"go fails after tests that pass":       {events: passing, wait: exit1, wantErr: "exit status 1"},
		"no test is a failure":                 {events: empty, wantErr: "no test ran"},
		"what is no event is passed on":        {events: "go: cannot find main module\n", wait: exit1, want: []string{"go: cannot find main module\n"}, wantErr: "no test ran"},
		"a line too long to read is a failure": {events: passing + strings.Repeat("x", maxLine+1), wantErr: "read the events"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := Finish(New(&out), strings.NewReader(tc.events), func() error { return tc.wait })
			if got := errText(err); !strings.Contains(got, tc.wantErr) || (got == "") != (tc.wantErr == "") {
				t.Errorf("got error %q, want %q", got, tc.wantErr)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, &out)
				}
			}
		})
	}
}

func TestTableIsDearestFirst(t *testing.T) {
	var out strings.Builder
	if err := Finish(New(&out), strings.NewReader(passing+skipping), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(out.String(), "seconds")
	if a, b := strings.Index(table, "m/a"), strings.Index(table, "m/b"); a < b {
		t.Errorf("m/a (1.25 s) stands before m/b (2.5 s):\n%s", table)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{passing, skipping, failing, broken, panicking, empty, "{}", `{"Action":"fail"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, events string) {
		var out strings.Builder
		run := New(&out)
		if err := run.Read(strings.NewReader(events)); err != nil {
			t.Skip("longer than a line may be")
		}
		run.Report()
		p, fl, s := run.Counts()
		if fl > 0 && !run.Failed() || p+fl+s == 0 && !run.Failed() {
			t.Errorf("%d passed, %d failed, %d skipped, yet the run counts as a success", p, fl, s)
		}
	})
}
