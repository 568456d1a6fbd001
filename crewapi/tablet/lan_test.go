package tablet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// onboard is a cabin LAN of real loopback sockets whose access point can cut tablets off from each
// other.
type onboard struct {
	*world
	start time.Time

	mu    sync.Mutex
	seats []*seat
	cut   func(from, to int) bool
	conns map[net.Conn][2]int
}

// seat is where one tablet is on the LAN.
type seat struct {
	*onboard
	n     int
	agent *Agent
	self  func() cabin.Announcement
	stop  func()
}

func newOnboard(t testing.TB, w *world) *onboard {
	return &onboard{world: w, start: time.Now(), conns: map[net.Conn][2]int{}}
}

// clock runs: what is due on the LAN must become so.
func (o *onboard) clock() time.Time { return o.world.clock().Add(time.Since(o.start)) }

// join makes the agent a tablet on the LAN, with anti-entropy every so often.
func (o *onboard) join(a *Agent, even time.Duration) *seat {
	s := &seat{onboard: o, agent: a}
	o.mu.Lock()
	s.n = len(o.seats)
	o.seats = append(o.seats, s)
	o.mu.Unlock()
	s.on(even)
	return s
}

// on begins to speak to the others; only on the LAN, never to ground by itself.
func (s *seat) on(even time.Duration) {
	a := s.agent
	a.Now = s.clock
	a.LAN = &LAN{Listen: "127.0.0.1:0", Discover: s, Link: s}
	a.pace = pace{write: 50 * time.Millisecond, news: 10 * time.Millisecond, even: even}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { a.RunLAN(ctx) })
	var once sync.Once
	s.stop = func() { once.Do(func() { cancel(); run.Wait() }) }
	s.Cleanup(s.stop)
}

func (s *seat) Listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// Dial finds out whose port it is, since all tablets have one host.
func (s *seat) Dial(ctx context.Context, address string) (net.Conn, error) {
	to := -1
	for _, other := range s.others() {
		if other.self != nil && fmt.Sprintf("127.0.0.1:%d", other.self().Port) == address {
			to = other.n
		}
	}
	if s.isCut(s.n, to) {
		return nil, context.DeadlineExceeded
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut != nil && (s.cut(s.n, to) || s.cut(to, s.n)) { // cut while it was dialled
		c.Close()
		return nil, context.DeadlineExceeded
	}
	s.conns[c] = [2]int{s.n, to}
	return c, nil
}

func (o *onboard) others() []*seat {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]*seat(nil), o.seats...)
}

func (o *onboard) isCut(from, to int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cut != nil && (o.cut(from, to) || o.cut(to, from))
}

func (o *onboard) setCut(cut func(from, to int) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cut = cut
	for c, ends := range o.conns {
		if cut != nil && (cut(ends[0], ends[1]) || cut(ends[1], ends[0])) {
			c.Close()
			delete(o.conns, c)
		}
	}
}

// Discover implements cabin.Discoverer.
func (s *seat) Discover(ctx context.Context, self func() cabin.Announcement, found func(cabin.Sighting)) error {
	s.mu.Lock()
	s.self = self
	s.mu.Unlock()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, other := range s.others() {
			s.mu.Lock()
			says := other.self
			s.mu.Unlock()
			if says != nil && !s.isCut(s.n, other.n) {
				a := says()
				found(cabin.Sighting{Address: fmt.Sprintf("127.0.0.1:%d", a.Port), Tags: a.Tags})
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// crewed makes n tablets of one flight that have been in touch with ground once and are on the LAN
// without it.
func crewed(t *testing.T, n int, even time.Duration) (*onboard, []*Agent, *crewtest.Flight, flightsync.Dot) {
	w := newWorld(t)
	o := newOnboard(t, w)
	var as []*Agent
	for range n {
		as = append(as, w.tablet())
	}
	f, dot := w.flight(as[:min(n, 3)]...)
	for _, a := range as[min(n, 3):] {
		f.Assign(a.tablet(), passenger.Cabin)
	}
	for range 2 { // the roster is whole once all are bound
		for _, a := range as {
			w.sync(a)
		}
	}
	w.http.Transport = dead{}
	for _, a := range as {
		o.join(a, even)
	}
	return o, as, f, dot
}

// shows reports whether a tablet shows an outcome on the note.
func (o *onboard) shows(a *Agent, dot flightsync.Dot) bool {
	for _, c := range o.page(a).Cards {
		if c.Dot == dot {
			return c.Outcome != nil
		}
	}
	return false
}

// TestWriteReachesAllWithoutGround: what one tablet records shows on the others, and its mark says
// so, with ground switched off; later ground has it once.
func TestWriteReachesAllWithoutGround(t *testing.T) {
	o, as, f, dot := crewed(t, 3, 5*time.Second) // a call that a busy machine lost is made up for
	wait(t, "all in reach of each other", func() bool {
		for _, a := range as {
			if c, err := a.Cabin(t.Context()); err != nil || inReach(c) != 2 {
				return false
			}
		}
		return true
	})
	if card := o.record(as[0], dot, acted); card.Mark != MarkSaved {
		t.Errorf("mark %v at once, want saved here", card.Mark)
	}
	wait(t, "the entry on the others", func() bool { return o.shows(as[1], dot) && o.shows(as[2], dot) })
	wait(t, "the second mark", func() bool { return o.page(as[0]).Cards[0].Mark == MarkPeer })
	if n, _ := f.View().Note(dot); len(n.Heads) != 0 {
		t.Fatal("ground has it: the test proves nothing")
	}
	// The marks come from what is stored: a restart with nobody in reach shows them again.
	o.seats[0].stop()
	as[0] = o.reopen(as[0])
	if got := o.page(as[0]).Cards[0].Mark; got != MarkPeer {
		t.Errorf("mark %v after a restart, want on another tablet", got)
	}
	o.http.Transport = crewtest.Serve(t, o.ground).Transport
	o.sync(as[0])
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 || o.page(as[0]).Cards[0].Mark != MarkGround {
		t.Errorf("on ground: %+v", n.Heads)
	}
}

func inReach(c Cabin) int {
	n := 0
	for _, t := range c.Others {
		if t.InReach {
			n++
		}
	}
	return n
}

// TestNewsOfGroundIsPassedOn: one tablet has a link, the others read its notes.
func TestNewsOfGroundIsPassedOn(t *testing.T) {
	o, as, f, _ := crewed(t, 3, time.Hour)
	more := f.Note(note(2, "2A"))
	o.http.Transport = crewtest.Serve(t, o.ground).Transport
	o.sync(as[1])
	o.http.Transport = dead{}
	wait(t, "the note on the others", func() bool { return len(o.page(as[0]).Cards) == 2 && len(o.page(as[2]).Cards) == 2 })
	if c := o.page(as[2]).Cards; c[0].Dot != more && c[1].Dot != more {
		t.Errorf("cards %+v", c)
	}
}

// TestPassedOnByOneBetween: two tablets that do not reach each other have one between them.
func TestPassedOnByOneBetween(t *testing.T) {
	o, as, _, dot := crewed(t, 3, time.Hour)
	o.setCut(func(from, to int) bool { return from == 0 && to == 2 })
	o.record(as[0], dot, acted)
	wait(t, "the entry beyond", func() bool { return o.shows(as[2], dot) })
	wait(t, "the second mark", func() bool { return o.page(as[0]).Cards[0].Mark == MarkPeer })
}

// TestPartitionHeals: two halves write, each shows its own; together again, all show the same.
func TestPartitionHeals(t *testing.T) {
	o, as, f, dot := crewed(t, 4, time.Second)
	second := f.Note(note(2, "2A"))
	o.http.Transport = crewtest.Serve(t, o.ground).Transport
	for _, a := range as {
		o.sync(a)
	}
	o.http.Transport = dead{}
	o.setCut(func(from, to int) bool { return from < 2 && to >= 2 })
	o.record(as[0], dot, acted)
	o.record(as[3], second, acted)
	wait(t, "each half its own", func() bool { return o.shows(as[1], dot) && o.shows(as[2], second) })
	for _, a := range as {
		if o.shows(a, dot) && o.shows(a, second) {
			t.Error("the halves are not apart")
		}
	}
	o.setCut(nil)
	wait(t, "all show all", func() bool {
		for _, a := range as {
			if !o.shows(a, dot) || !o.shows(a, second) {
				return false
			}
		}
		return true
	})
	wait(t, "equal vectors", func() bool {
		var first flightsync.Vector
		for _, a := range as {
			v := vectorOf(t, a)
			if first == nil {
				first = v
			}
			if !v.CoversAll(first) || !first.CoversAll(v) {
				return false
			}
		}
		return true
	})
}

// TestHandInWaitsForACopy: not while something is on this tablet only; a reason overrides, and
// stays in the log.
func TestHandInWaitsForACopy(t *testing.T) {
	o, as, _, dot := crewed(t, 2, time.Hour)
	o.setCut(func(from, to int) bool { return true })
	if err := as[0].Movement(t.Context(), key, passenger.In, o.clock()); err != nil {
		t.Fatal(err)
	}
	o.record(as[0], dot, acted)
	if err := as[0].HandIn(t.Context(), key); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("handed in with entries that are nowhere else: %v", err)
	}
	if p := o.page(as[0]); p.OnlyHere != 2 || p.FinDone {
		t.Errorf("only here: %d, handed in: %v", p.OnlyHere, p.FinDone)
	}
	if err := as[0].HandInAnyway(t.Context(), key, "tired"); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("a reason that is none: %v", err)
	}
	o.setCut(nil)
	wait(t, "a copy elsewhere", func() bool { return o.page(as[0]).OnlyHere == 0 })
	if err := as[0].HandIn(t.Context(), key); err != nil || !o.page(as[0]).FinDone {
		t.Errorf("not handed in with a copy on another tablet: %v", err)
	}
	// The other one has a broken battery.
	wait(t, "the landing on the other", func() bool { return o.page(as[1]).Movement == passenger.In })
	o.setCut(func(from, to int) bool { return true })
	o.record(as[1], dot, acted)
	if err := as[1].HandInAnyway(t.Context(), key, passenger.TabletFailing); err != nil || !o.page(as[1]).FinDone {
		t.Fatalf("not handed in anyway: %v", err)
	}
	fl, err := as[1].find("", key)
	if err != nil {
		t.Fatal(err)
	}
	fl.mu.Lock()
	v, err := fl.view()
	fl.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	reason, only, err := flightsync.ReadFin(v.own[len(v.own)-1])
	if reason != passenger.TabletFailing || only == 0 || err != nil {
		t.Errorf("recorded: %q, %d, %v", reason, only, err)
	}
}

// TestOffTheRosterOffTheLAN: a tablet that ground took off the flight gets nothing more of it from
// those that know.
func TestOffTheRosterOffTheLAN(t *testing.T) {
	o, as, f, dot := crewed(t, 3, 200*time.Millisecond)
	wait(t, "all meet", func() bool { c, err := as[0].Cabin(t.Context()); return err == nil && inReach(c) == 2 })
	for _, e := range f.View().Roster {
		if e.Tablet == as[2].tablet() {
			e.Removed = true
			f.Write(flightsync.Admin, e.Draft())
		}
	}
	o.http.Transport = crewtest.Serve(t, o.ground).Transport
	o.sync(as[0])
	o.sync(as[1])
	o.http.Transport = dead{}
	o.record(as[0], dot, acted)
	wait(t, "the entry on the other", func() bool { return o.shows(as[1], dot) })
	time.Sleep(time.Second) // several rounds of anti-entropy, asked for by the removed one as well
	if o.shows(as[2], dot) {
		t.Error("a removed tablet got what was recorded after that")
	}
}

// TestClockGoesBack: a flight is spread all the same.
func TestClockGoesBack(t *testing.T) {
	o, as, _, dot := crewed(t, 2, time.Second)
	wait(t, "both meet", func() bool { c, err := as[0].Cabin(t.Context()); return err == nil && inReach(c) == 1 })
	o.pass(-10 * 365 * 24 * time.Hour)
	o.record(as[0], dot, acted)
	wait(t, "the entry on the other", func() bool { return o.shows(as[1], dot) })
}

// TestConnectByInvite: without discovery, what one tablet shows is typed into the other.
func TestConnectByInvite(t *testing.T) {
	o, as, _, dot := crewed(t, 2, time.Hour)
	for _, s := range o.seats {
		s.stop()
	}
	if err := as[0].Connect(t.Context(), "10.0.0.1"); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("connected off the LAN: %v", err)
	}
	for _, a := range as {
		a.LAN = &LAN{Listen: "127.0.0.1:0"}
		ctx, cancel := context.WithCancel(context.Background())
		var run sync.WaitGroup
		run.Go(func() { a.RunLAN(ctx) })
		defer run.Wait()
		defer cancel()
	}
	var invite string
	wait(t, "an invite", func() bool {
		c, err := as[1].Cabin(t.Context())
		me, _ := as[0].Cabin(t.Context())
		invite = c.Invite
		return err == nil && invite != "" && me.On
	})
	if err := as[0].Connect(t.Context(), "not an address"); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("connected to nonsense: %v", err)
	}
	if err := as[0].Connect(t.Context(), invite); err != nil {
		t.Fatal(err)
	}
	o.record(as[1], dot, acted) // on the one that was found by the other's call
	wait(t, "the entry on the other", func() bool { return o.shows(as[0], dot) })
}

func TestOthersArePackedAndRead(t *testing.T) {
	in := map[passenger.TabletID]*other{{1}: {have: flightsync.Vector{1, 2, 300}}, {2}: {have: flightsync.Vector{7}}}
	got := unpackOthers(packOthers(in))
	if len(got) != 2 || fmt.Sprint(got[passenger.TabletID{1}], got[passenger.TabletID{2}]) != "[1 2 300] [7]" {
		t.Errorf("read %v", got)
	}
}

func FuzzUnpackOthers(f *testing.F) {
	f.Add(packOthers(map[passenger.TabletID]*other{{1}: {have: flightsync.Vector{1, 2, 300}}}))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := map[passenger.TabletID]*other{}
		for id, v := range unpackOthers(b) {
			in[id] = &other{have: v}
		}
		if got := unpackOthers(packOthers(in)); len(got) != len(in) {
			t.Errorf("%d of %d read again", len(got), len(in))
		}
	})
}
