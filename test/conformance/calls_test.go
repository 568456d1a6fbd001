package conformance_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds that this reader shares nothing with what it checks.
func TestImports(t *testing.T) {
	list, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && path != "github.com/klauspost/compress/zstd" {
				t.Errorf("%s imports %s", e.Name(), path)
			}
		}
	}
}

type call struct {
	Name, Path        string
	Headers           map[string]string
	ResponseHeaders   map[string]string `json:"response_headers"`
	Status            int
	Request, Response hexed
}

func TestCalls(t *testing.T) {
	u, keys := newUnpacker(t), holders(t)
	seen := map[string]bool{}
	for _, c := range load[[]call](t, "calls.json") {
		method := c.Path[strings.LastIndex(c.Path, "/")+1:]
		seen[method] = true
		if service := c.Path[:len(c.Path)-len(method)]; service != map[bool]string{true: "/crew.v1.CabinService/", false: "/crew.v1.TabletService/"}[method == "Hello" || method == "Uplink"] {
			t.Errorf("%s: %s", c.Name, c.Path)
		}
		if c.Status != 200 {
			var e struct{ Code, Message string }
			if err := json.Unmarshal(c.Response, &e); err != nil || e.Message == "" ||
				c.Status != map[string]int{"invalid_argument": 400, "unauthenticated": 401, "permission_denied": 403, "not_found": 404}[e.Code] {
				t.Errorf("%s: %d %s", c.Name, c.Status, c.Response)
			}
			continue
		}
		if method != "Watch" && c.ResponseHeaders["Content-Type"] != "application/proto" {
			t.Errorf("%s: %v", c.Name, c.ResponseHeaders)
		}
		res, err := fields(c.Response)
		if method == "Watch" {
			res, err = nil, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if method == "Enrol" || method == "Flights" {
			res = answering(t, c, res)
		}
		switch method {
		case "Enrol":
			for _, f := range res {
				want := map[int][]byte{1: []byte("tablet-id-00000A"), 2: []byte("token-tablet-id-00000A"), 3: keys["ground"].SignPublic, 4: keys["ground"].AgreePublic}[f.id]
				if !bytes.Equal(f.data, want) {
					t.Errorf("%s: field %d is %x", c.Name, f.id, f.data)
				}
			}
		case "Flights":
			flights(t, u, c, res, keys["tablet A"].AgreePrivate)
		case "Uplink":
			if tablet, bytes := spent(t, c.Response, 2); tablet != "tablet-id-00000B" || bytes != 70_000 {
				t.Errorf("%s: %s spent %d", c.Name, tablet, bytes)
			}
			if tablet, bytes := spent(t, c.Request, 3); tablet != "tablet-id-00000A" || bytes != 300 {
				t.Errorf("%s: %s spent %d", c.Name, tablet, bytes)
			}
		case "Exchange":
			if _, err := u.response(c.Response); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		case "Watch":
			frames(t, u, c.Response)
		}
	}
	for _, m := range []string{"Enrol", "Flights", "Exchange", "Watch", "Hello", "Uplink"} {
		if !seen[m] {
			t.Errorf("no call of %s", m)
		}
	}
}

// answering checks that an answer says which question it answers, and returns the rest of it.
func answering(t *testing.T, c call, res []field) (rest []field) {
	t.Helper()
	q := request{group: make([]byte, 8)}
	asked, err := fields(c.Request)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range asked {
		if f.id == 11 {
			q.nonce = f.data
		}
	}
	said := false
	for _, f := range res {
		switch f.id {
		case 8, 20: // version, and ground's clock
		case 9:
			said = bytes.Equal(f.data, q.answerTo())
		default:
			rest = append(rest, f)
		}
	}
	if !said || len(q.nonce) != 4 {
		t.Errorf("%s: the answer does not say which question it answers", c.Name)
	}
	return rest
}

// spent reads a tablet and what it has spent, in a field of a message about the link.
func spent(t *testing.T, b []byte, id int) (tablet string, bytes uint64) {
	t.Helper()
	fs, err := fields(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		inner, err := fields(f.data)
		if f.id != id || err != nil {
			continue
		}
		for _, g := range inner {
			if g.id == 1 {
				tablet = string(g.data)
			} else {
				bytes = g.num
			}
		}
	}
	return tablet, bytes
}

// flights unwraps the key in a list of flights, unless the tablet said that it holds it, and reads
// the first frames.
func flights(t *testing.T, u *unpacker, c call, res []field, private []byte) {
	t.Helper()
	var want []byte
	for _, v := range load[[]struct {
		Name, For string
		Plain     hexed
	}](t, "sealed.json") {
		if v.For == "tablet A" {
			want = v.Plain
		}
	}
	first := 0
	defer func() {
		if want := strings.Contains(c.Name, "first frame"); want != (first == 1) {
			t.Errorf("%s: %d first frames", c.Name, first)
		}
	}()
	for _, f := range res {
		a, err := fields(f.data)
		if err != nil {
			t.Fatal(err)
		}
		if f.id == 2 {
			for _, g := range a {
				if res, err := u.response(g.data); g.id == 2 && (err != nil || len(res.runs) == 0) {
					t.Errorf("%s: a frame with %d runs, %v", c.Name, len(res.runs), err)
				}
			}
			first++
			continue
		}
		var group, wrapped []byte
		var end uint64
		for _, g := range a {
			switch g.id {
			case 1:
				group = g.data
			case 10:
				end = g.num
			case 11:
				wrapped = g.data
			}
		}
		if held := strings.Contains(c.Name, "holds"); held != (wrapped == nil) {
			t.Errorf("%s: a wrapped key of %d bytes", c.Name, len(wrapped))
		}
		if wrapped == nil {
			continue
		}
		aad := binary.BigEndian.AppendUint64(append([]byte("tablet-id-00000A"), group...), end)
		if got := open(t, private, "cabinloop flight key 1", aad, wrapped); !bytes.Equal(got, want) {
			t.Errorf("%s: the key is %x", c.Name, got)
		}
	}
}

// frames reads the messages of a stream: heartbeats, one frame, the end.
func frames(t *testing.T, u *unpacker, b []byte) {
	t.Helper()
	beats, news, ends := 0, 0, 0
	for len(b) >= 5 {
		flags, n := b[0], binary.BigEndian.Uint32(b[1:])
		m := b[5 : 5+n]
		b = b[5+n:]
		if flags&2 != 0 {
			ends++
			continue
		}
		fs, err := fields(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(fs) == 0 {
			beats++
		}
		for _, f := range fs {
			if f.id == 2 {
				if res, err := u.response(f.data); err != nil || len(res.runs) == 0 {
					t.Errorf("a frame with %d runs, %v", len(res.runs), err)
				}
				news++
			}
		}
	}
	if beats == 0 || news != 1 || ends != 1 || len(b) > 0 {
		t.Errorf("%d heartbeats, %d frames, %d ends, %d bytes behind", beats, news, ends, len(b))
	}
}

func TestState(t *testing.T) {
	for _, v := range load[[]struct {
		Name  string
		Bytes hexed
		State state
	}](t, "state.json") {
		fs, err := fields(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var me uint64
		var lanes []map[int][]field
		for _, f := range fs {
			switch f.id {
			case 2:
				me = f.num
			case 3:
				if !bytes.Equal(f.data, v.State.Incarnation) {
					t.Errorf("%s: incarnation %x", v.Name, f.data)
				}
			case 6:
				inner, err := fields(f.data)
				if err != nil {
					t.Fatal(err)
				}
				lane := map[int][]field{}
				for _, g := range inner {
					lane[g.id] = append(lane[g.id], g)
				}
				lanes = append(lanes, lane)
			}
		}
		if v.State.Me == nil && me != 1<<30+1 || v.State.Me != nil && me != uint64(*v.State.Me)+1 {
			t.Errorf("%s: its author is %d", v.Name, me)
		}
		if len(lanes) != len(v.State.Lanes) {
			t.Fatalf("%s: %d lanes, want %d", v.Name, len(lanes), len(v.State.Lanes))
		}
		for i, want := range v.State.Lanes {
			one := func(id int) (f field) {
				if fs := lanes[i][id]; len(fs) > 0 {
					f = fs[len(fs)-1]
				}
				return f
			}
			if one(1).num != want.Author+1 || one(3).num != want.Seq || !bytes.Equal(one(4).data, want.Head) || int(one(5).num) != want.Class || one(11).num != want.Freed {
				t.Errorf("%s: lane %d is %+v", v.Name, want.Author, lanes[i])
			}
			if (one(9).data != nil) != (want.Fork != nil) {
				t.Errorf("%s: lane %d: fork %x", v.Name, want.Author, one(9).data)
			}
		}
	}
}
