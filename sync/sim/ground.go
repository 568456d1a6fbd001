package sim

import (
	"bytes"
	"hash/fnv"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// binding is who a tablet is under one incarnation.
type binding struct {
	tablet int
	inc    flightsync.Incarnation
}

// ground is the ground's driver. Everything above the line is durable, written in one
// transaction with the batch.
type ground struct {
	w        *world
	store    *flightsync.Memory
	bound    map[binding]flightsync.Author
	effects  map[flightsync.Dot]int
	written  map[flightsync.Dot]string // what ground said of its notes: "" or the retract reason
	next     flightsync.Author
	rep      *flightsync.Replica // nil while down
	answered flightsync.Vector   // the most that any answer acknowledged
	travel   int
	in       flightsync.Dot
}

func newGround(w *world) *ground {
	g := &ground{w: w, store: flightsync.NewMemory(), bound: map[binding]flightsync.Author{}, effects: map[flightsync.Dot]int{},
		written: map[flightsync.Dot]string{}, next: flightsync.FirstTablet}
	w.must(g.store.Apply(flightsync.Create(w.group, flightsync.Admin, w.incarnation(), simKey(0))))
	g.load()
	g.write(flightsync.Admin, flightsync.Genesis{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
		STD: start.Add(2 * time.Hour), STA: start.Add(landedAt)}.Draft())
	var list []flightsync.Traveller
	for range 40 {
		g.travel++
		list = append(list, flightsync.Traveller{No: passenger.TravellerNo(g.travel), Name: "Mx T. Sample", Seat: w.seat()})
	}
	g.write(flightsync.Manifest, flightsync.PageDrafts(list)...)
	return g
}

func (w *world) must(err error) {
	if err != nil {
		w.fail("broken", "%v", err)
	}
}

func (w *world) incarnation() (inc flightsync.Incarnation) { s := w.salt(); return inc0(s) }

func inc0(s [flightsync.SaltSize]byte) flightsync.Incarnation { return flightsync.Incarnation(s) }

func (w *world) seat() passenger.Seat {
	return passenger.Seat(string(rune('1'+w.rng.IntN(9))) + string(rune('A'+w.rng.IntN(6))))
}

func (g *ground) load() {
	rep, err := flightsync.Load(g.store, simVerify)
	g.w.must(err)
	g.rep = rep
	if st := rep.State(); !st.Vector().CoversAll(g.answered) {
		g.w.fail("lost", "ground answered for %v and holds %v after a restart", g.answered, st.Vector())
	}
}

func (g *ground) crash() {
	if g.rep == nil {
		return
	}
	g.rep = nil
	g.w.log("ground down")
	g.w.at(g.w.now+g.w.around(2*time.Minute), func() {
		if g.rep == nil {
			g.load()
			g.w.log("ground up")
		}
	})
}

// step steps and persists; false when ground is down or went down with it.
func (g *ground) step(ev flightsync.Event) (flightsync.Ready, bool) {
	ready, err := g.rep.Step(ev)
	if err == nil {
		err = g.rep.Sign(&ready, simSign(0))
	}
	if err != nil {
		g.w.fail("broken", "ground: %v", err)
		return ready, false
	}
	g.w.must(g.store.Apply(ready.Batch))
	g.w.claims("ground", g.store, g.rep.State())
	return ready, true
}

func (g *ground) write(a flightsync.Author, ds ...flightsync.Draft) []flightsync.Dot {
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = g.w.salt()
	}
	ready, _ := g.step(flightsync.Write{Author: a, Drafts: ds, Salts: salts, Now: g.w.time()})
	g.w.log("ground writes %v", ready.Changed)
	return ready.Changed
}

// act is something that ground does by itself.
func (g *ground) act() {
	w := g.w
	if g.rep == nil {
		return
	}
	no := passenger.TravellerNo(1 + w.rng.IntN(g.travel))
	switch w.rng.IntN(8) {
	case 0, 1, 2:
		n := passenger.Note{Traveller: no, Name: "Mx T. Sample", Priority: passenger.Second, Happened: []passenger.Phrase{{Code: "h.service", Args: []string{"2026-05-12"}}},
			Do: []passenger.Phrase{{Code: "d.apologise"}}, Expires: start.Add(48 * time.Hour)}
		for _, d := range g.write(flightsync.Notes, flightsync.NoteDraft(n)) {
			g.written[d] = ""
		}
	case 3: // take one back
		for _, n := range g.view().Notes {
			if n.Retracted == "" && w.chance(0.3) {
				lane := flightsync.Notes
				if w.chance(0.5) {
					lane = flightsync.Safety
				}
				g.write(lane, flightsync.RetractDraft(n.Dot, n.Note.Traveller, flightsync.RetractRecalled))
				g.written[n.Dot] = string(flightsync.RetractRecalled)
				break
			}
		}
	case 4:
		g.write(flightsync.Manifest, flightsync.ChangeDraft(flightsync.Traveller{No: no, Name: "Mx T. Sample", Seat: w.seat()}))
	case 5:
		g.travel++
		g.write(flightsync.Manifest, flightsync.ChangeDraft(flightsync.Traveller{No: passenger.TravellerNo(g.travel), Name: "Mx T. Sample", Seat: w.seat()}))
	case 6:
		g.write(flightsync.Safety, flightsync.AssistanceDraft(no, "WCHR"))
	case 7: // a kind of a newer ground
		g.write(flightsync.Notes, flightsync.Draft{Kind: 4000, Content: []byte("\x0a\x03new")})
	}
}

func (g *ground) land() {
	if g.rep == nil {
		g.load()
	}
	g.in = g.write(flightsync.Admin, flightsync.MovementFact{Word: passenger.In, At: g.w.time()}.Draft())[0]
}

// exchange takes a request as one transaction and answers it; nil when no answer is sent.
func (g *ground) exchange(tablet int, req flightsync.Request) *flightsync.Response {
	w := g.w
	if g.rep == nil {
		return nil
	}
	crash := w.crashes()
	if crash == 1 {
		if w.plant != AnswerFirst {
			g.crash()
			return nil
		}
		kept, rep := g.store, g.rep
		g.store = g.store.Clone()
		effects := g.effects
		g.effects = map[flightsync.Dot]int{}
		bound, next := g.bound, g.next
		res := g.serve(tablet, req)
		g.store, g.rep, g.effects, g.bound, g.next = kept, rep, effects, bound, next
		g.crash()
		return res
	}
	res := g.serve(tablet, req)
	if crash == 2 {
		g.crash()
		return nil
	}
	return res
}

func (g *ground) serve(tablet int, req flightsync.Request) *flightsync.Response {
	w := g.w
	w.res.Exchanges++
	ready, ok := g.step(flightsync.Receive{Runs: req.Runs})
	if !ok {
		return nil
	}
	if _, known := g.bound[binding{tablet, req.Incarnation}]; !known && req.Me == flightsync.Nobody {
		you := g.next
		g.next++
		g.bound[binding{tablet, req.Incarnation}] = you
		role := passenger.Cabin
		if tablet == 0 {
			role = passenger.Lead
		}
		g.write(flightsync.Admin, flightsync.RosterEntry{Author: you, Class: flightsync.TabletLane, Tablet: passenger.TabletID{byte(tablet + 1)},
			Incarnation: req.Incarnation, Key: simKey(tablet + 1), Role: role}.Draft())
	}
	w.odd("ground", ready.Notes)
	work := ready.Changed
	if w.plant == SkipDedupe {
		work = nil
		for _, run := range req.Runs {
			for i := range run.Ops {
				work = append(work, flightsync.Dot{Author: run.Author, Seq: run.First + uint64(i)})
			}
		}
	}
	for _, d := range work {
		g.effects[d]++
		if g.effects[d] > 1 {
			w.fail("duplicated", "the effect of op %s was worked %d times", d, g.effects[d])
		}
	}
	ready, ok = g.step(flightsync.Answer{Request: req, Notes: ready.Notes})
	if !ok {
		return nil
	}
	res := ready.Response
	if w.plant == ClaimGap && res.Have.Of(req.Me) > 0 {
		res.Have = res.Have.Set(req.Me, res.Have.Of(req.Me)+1)
	}
	w.log("ground answers %d %v", req.Me, res.Have)
	for a, n := range res.Have {
		if g.answered.Of(flightsync.Author(a)) < n {
			g.answered = g.answered.Set(flightsync.Author(a), n)
		}
	}
	return res
}

func (g *ground) view() *flightsync.View {
	v, err := flightsync.FoldStorage(g.store)
	g.w.must(err)
	return v
}

// simKey is the key of ground (0) or tablet n-1; simSign and simVerify are a cheap signature.
func simKey(n int) flightsync.PublicKey {
	return flightsync.PublicKey{Alg: 200, Bytes: string(rune('a' + n))}
}

func simSign(n int) func([]byte) ([]byte, error) {
	return func(msg []byte) ([]byte, error) {
		h := fnv.New64a()
		h.Write([]byte(simKey(n).Bytes))
		h.Write(msg)
		return h.Sum(nil), nil
	}
}

func simVerify(_ flightsync.Algorithm, public, msg, sig []byte) bool {
	want, _ := simSign(int(public[0] - 'a'))(msg)
	return bytes.Equal(want, sig)
}
