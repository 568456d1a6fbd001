package conformance_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

type transcript struct {
	Name        string
	Group, Root hexed
	Replicas    []struct {
		Name        string
		Ground      bool
		Incarnation hexed
	}
	Steps []struct {
		Do, About, Who, With string
		Wrote, Answerer      []opOf
		Homes                []string
		Call                 *struct {
			Path              string
			Request, Response hexed
			Status            int
		}
		Opened []opOf
		After  map[string]state
	}
}

type state struct {
	Me          *int
	Incarnation hexed
	Vector      []uint64
	Digest      hexed
	Sealed      bool
	Lanes       []struct {
		Author, Seq, Freed uint64
		Class              int
		Incarnation, Head  hexed
		Fork               *struct {
			Of, At       uint64
			Start, First hexed
		}
	}
}

// differs says where a replica is not in a state; "" for nowhere.
func (r *replica) differs(s state) string {
	me := -1
	if s.Me != nil {
		me = *s.Me
	}
	switch {
	case r.me != me:
		return fmt.Sprintf("its own author is %d, want %d", r.me, me)
	case !bytes.Equal(r.incarnation, s.Incarnation):
		return fmt.Sprintf("incarnation %x, want %x", r.incarnation, s.Incarnation)
	case !slices.Equal(r.vector(), s.Vector):
		return fmt.Sprintf("vector %v, want %v", r.vector(), s.Vector)
	case r.digest() != binary.LittleEndian.Uint64(s.Digest):
		return fmt.Sprintf("digest %x, want %x", r.digest(), s.Digest)
	case r.sealed != s.Sealed:
		return fmt.Sprintf("sealed %v", r.sealed)
	case len(r.lanes) != len(s.Lanes):
		return fmt.Sprintf("%d lanes, want %d", len(r.lanes), len(s.Lanes))
	}
	for _, want := range s.Lanes {
		l := r.lanes[want.Author]
		switch {
		case l == nil:
			return fmt.Sprintf("no lane %d", want.Author)
		case l.class != want.Class || l.freed != want.Freed || !bytes.Equal(l.head(), want.Head):
			return fmt.Sprintf("lane %d: class %d, %d freed, head %x; want %+v", want.Author, l.class, l.freed, l.head(), want)
		case (l.fork == nil) != (want.Fork == nil):
			return fmt.Sprintf("lane %d: a branch or not", want.Author)
		case want.Fork != nil && (l.fork.of != want.Fork.Of || l.fork.at != want.Fork.At || !bytes.Equal(l.fork.first, want.Fork.First)):
			return fmt.Sprintf("lane %d: fork %+v", want.Author, l.fork)
		}
	}
	return ""
}

func (r *replica) write(t *testing.T, ops []opOf) {
	t.Helper()
	for _, x := range ops {
		d := parseDot(x.Dot)
		o, _ := parseOp(d, x.Raw)
		if l := r.lanes[d.author]; l == nil || l.seq()+1 != d.seq {
			t.Errorf("op %s does not follow what is held", d)
			return
		}
		r.append(d.author, o)
	}
}

func TestTranscripts(t *testing.T) {
	u := newUnpacker(t)
	for _, file := range []string{"exchange.json", "fork.json", "restored.json", "late.json"} {
		for _, tr := range load[[]transcript](t, file) {
			t.Run(tr.Name, func(t *testing.T) { tr.play(t, u) })
		}
	}
}

func (tr transcript) play(t *testing.T, u *unpacker) {
	held := map[string]*replica{}
	past := map[string][]*replica{}
	for _, r := range tr.Replicas {
		held[r.Name] = newReplica(tr.Group, tr.Root, r.Incarnation, r.Ground)
	}
	for i, s := range tr.Steps {
		who := held[s.Who]
		switch s.Do {
		case "write":
			who.write(t, s.Wrote)
		case "clone":
			held[s.With] = who.clone()
		case "restore":
			at := slices.IndexFunc(past[s.Who], func(r *replica) bool { return r.differs(s.After[s.Who]) == "" })
			if at < 0 {
				t.Fatalf("step %d: there was no such state", i)
			}
			held[s.Who] = past[s.Who][at].clone()
		case "deliver":
			held[s.With].deliver(t, who, "tablet-id-00000"+s.Who[len(s.Who)-1:], s.Call.Request, s.Call.Response, s.Opened)
		case "exchange":
			body, answer := []byte(s.Call.Request), []byte(s.Call.Response)
			if s.Call.Path == "/crew.v1.CabinService/Exchange" { // in field 1
				a, err := fields(body)
				b, err2 := fields(answer)
				if err != nil || err2 != nil || len(a) != 1 || len(b) != 1 {
					t.Fatal(err, err2)
				}
				body, answer = a[0].data, b[0].data
			}
			req, err := u.request(body)
			if err != nil {
				t.Fatal(err)
			}
			res, err := u.response(answer)
			if err != nil {
				t.Fatal(err)
			}
			checkRequest(t, who, req)
			held[s.With].answer(t, req, res, s.Homes, s.Answerer)
			who.receive(res.runs)
			who.receipts(res.receipts)
			who.write(t, s.Wrote)
		}
		for name, want := range s.After {
			if d := held[name].differs(want); d != "" {
				t.Fatalf("step %d (%s %s): %s: %s", i, s.Do, s.About, name, d)
			}
			past[name] = append(past[name], held[name].clone())
		}
	}
}

// checkRequest checks that a request says what its asker holds.
func checkRequest(t *testing.T, who *replica, req request) {
	t.Helper()
	if req.version != 3 || len(req.nonce) != 4 || req.dict != 17 || !bytes.Equal(req.group, who.group) || int(req.me)-1 != who.me || !slices.Equal(req.have, who.vector()) {
		t.Errorf("request %+v of a replica with %v, author %d", req, who.vector(), who.me)
	}
	if who.me < 0 {
		if !bytes.Equal(req.incarnation, who.incarnation) || req.mine != 0 {
			t.Errorf("incarnation %x, mine %x", req.incarnation, req.mine)
		}
	} else if l := who.lanes[uint64(who.me)]; len(req.incarnation) != 0 || req.mine != short(l.head()) {
		t.Errorf("incarnation %x, mine %x", req.incarnation, req.mine)
	}
	for a, h := range req.claims {
		if !bytes.Equal(who.lanes[a].head(), h) {
			t.Errorf("claims lane %d is %x", a, h)
		}
	}
	who.checkRuns(t, req.runs)
}

// checkRuns checks that runs are what their sender holds, and proven.
func (r *replica) checkRuns(t *testing.T, runs []run) {
	t.Helper()
	for _, x := range runs {
		l := r.lanes[x.author]
		if l == nil || x.last() > l.seq() || !bytes.Equal(l.headAt(x.last()), x.head) {
			t.Errorf("a run of lane %d, %d to %d, that its sender does not hold", x.author, x.first, x.last())
			continue
		}
		for i, raw := range x.ops {
			if !bytes.Equal(raw, l.ops[x.first-1+uint64(i)].raw) {
				t.Errorf("op %d.%d has other bytes", x.author, x.first+uint64(i))
			}
		}
		if a, inc, n := r.proves(x.author, x.last()); !verify(l.key, claimMessage(r.group, a, inc, n, x.head), x.sig) {
			t.Errorf("a run of lane %d is not proven", x.author)
		}
	}
}

// answer takes the request's runs and checks the response.
func (r *replica) answer(t *testing.T, req request, res response, homes []string, wrote []opOf) {
	t.Helper()
	faults := r.receive(req.runs)
	if len(homes) > 0 {
		n := 0
		for _, f := range faults {
			if f.what == "fork" && f.seq != 0 {
				r.home(f, parseDot(homes[n]).author)
				n++
			}
		}
		if n != len(homes) {
			t.Errorf("%d branches, %d homes", n, len(homes))
		}
		faults = r.receive(req.runs)
		for _, h := range homes {
			if d := parseDot(h); r.lanes[d.author].seq() != d.seq {
				t.Errorf("branch %d has %d ops, want %d", d.author, r.lanes[d.author].seq(), d.seq)
			}
		}
	}
	r.write(t, wrote)
	if res.version != 3 || res.dict != 17 || !slices.Equal(res.have, r.vector()) || res.digest != r.digest() {
		t.Errorf("response with vector %v and digest %x, of a replica with %v, %x", res.have, res.digest, r.vector(), r.digest())
	}
	if !bytes.Equal(res.answerTo, req.answerTo()) {
		t.Errorf("the response answers %x, the request is %x", res.answerTo, req.answerTo())
	}
	again, parts := map[uint64]bool{}, map[uint64]uint64{}
	for _, f := range faults {
		switch f.what {
		case "fork":
			again[f.author] = true
		case "branch":
			parts[f.author] = f.fork.at
		}
	}
	of := func(a uint64) uint64 {
		if a < uint64(len(req.have)) {
			return req.have[a]
		}
		return 0
	}
	for _, f := range faults {
		for a, l := range r.lanes {
			if f.what == "unbound" && l.class == admin && l.seq() > 0 && l.seq() == of(a) {
				again[a] = true
			}
		}
	}
	for a, h := range req.claims {
		if l := r.lanes[a]; l != nil && of(a) == l.seq() && !bytes.Equal(l.head(), h) {
			again[a] = true
		}
	}
	if l := r.lanes[req.me-1]; req.me > 0 && l != nil && l.seq() > 0 && of(req.me-1) == l.seq() && req.mine != short(l.head()) {
		again[req.me-1] = true
	}
	for _, a := range res.again {
		if !again[a] {
			t.Errorf("lane %d is asked for again", a)
		}
		delete(again, a)
	}
	for a := range again {
		t.Errorf("lane %d is not asked for again", a)
	}
	lacks, from := map[uint64]bool{}, map[uint64]uint64{}
	for a, l := range r.lanes {
		from[a], lacks[a] = of(a), l.seq() > of(a) && !slices.Contains(res.again, a)
		if at, ok := parts[a]; ok {
			from[a], lacks[a] = at, l.seq() > at
		}
	}
	for _, x := range res.runs {
		if !lacks[x.author] || x.first != from[x.author]+1 {
			t.Errorf("a run of lane %d from %d, the asker has %d", x.author, x.first, from[x.author])
		}
		lacks[x.author] = x.last() < r.lanes[x.author].seq()
	}
	for a, left := range lacks {
		if left && !res.more {
			t.Errorf("lane %d is left out, and more is not set", a)
		}
	}
	r.checkRuns(t, res.runs)
	for _, c := range res.receipts {
		if l := r.lanes[c.author]; !r.sealed || l.seq() != c.first || l.freed >= c.first || !verify(r.root, receiptMessage(r.group, c.author, c.first, c.head), c.sig) {
			t.Errorf("a receipt of lane %d at %d", c.author, c.first)
		}
	}
}

// deliver opens sealed runs with ground's key and takes them.
func (r *replica) deliver(t *testing.T, from *replica, tablet string, body, answer []byte, opened []opOf) {
	t.Helper()
	private := holders(t)["ground"].AgreePrivate
	fs, err := fields(body)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var due [][]byte // what ground's receipts sign
	for _, f := range fs {
		if f.id != 3 {
			continue
		}
		inner, err := fields(f.data)
		if err != nil {
			t.Fatal(err)
		}
		var x run
		var inc []byte
		var sealed [][]byte
		for _, g := range inner {
			switch g.id {
			case 1:
				x.author = g.num
			case 2:
				inc = g.data
			case 3:
				x.first = g.num
			case 4:
				sealed = append(sealed, g.data)
			case 5:
				x.head = g.data
			case 6:
				x.sig = g.data
			}
		}
		for i, s := range sealed {
			aad := binary.BigEndian.AppendUint32(bytes.Clone(r.group), uint32(x.author))
			aad = binary.BigEndian.AppendUint64(append(aad, inc...), x.first+uint64(i))
			raw := open(t, private, "cabinloop op for ground 1", aad, s)
			if !bytes.Equal(raw, opened[n].Raw) {
				t.Errorf("op %s is %x", opened[n].Dot, raw)
			}
			x.ops = append(x.ops, raw)
			n++
		}
		due = append(due, deliveryMessage(r.group, tablet, x.author, inc, x.first, sealed))
		from.checkRuns(t, []run{x})
		if faults := r.receive([]run{x}); len(faults) > 0 {
			t.Errorf("%+v", faults)
		}
	}
	if n != len(opened) {
		t.Errorf("%d ops, want %d", n, len(opened))
	}
	res, err := fields(answer)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res {
		if f.id == 2 && !bytes.Equal(f.data, []byte{1}) {
			t.Errorf("held %x", f.data)
		}
		if f.id == 3 && len(due) > 0 {
			if !verify(r.root, due[0], f.data) {
				t.Errorf("receipt %x of %x", f.data, due[0])
			}
			due = due[1:]
		}
	}
	if len(due) > 0 {
		t.Errorf("%d receipts are missing", len(due))
	}
}
