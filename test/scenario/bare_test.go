package scenario_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// bare is a tablet of replicas on memory: what the protocol asks for and nothing else. It speaks to
// ground through the client of crewapi.
type bare struct {
	*world
	name   string
	id     passenger.TabletID
	token  string
	keys   *keys.Pair
	away   bool
	skew   time.Duration
	legs   map[passenger.FlightKey]*replica
	client *crewapi.Client
}

// replica is one flight of a bare tablet.
type replica struct {
	*bare
	group passenger.FlightID
	store *flightsync.Memory
	rep   *flightsync.Replica
	talk  flightsync.Talk
}

func newBare(w *world, name string) *bare {
	w.Helper()
	pair, err := keys.Generate(rand.Reader)
	w.must(err)
	b := &bare{world: w, name: name, keys: pair, legs: map[passenger.FlightKey]*replica{}}
	code, err := w.auth.Invite(w.ctx, name, "admin")
	w.must(err)
	anyone, err := crewapi.NewClient(crewtest.URL, "", w.http(&b.away))
	w.must(err)
	e, err := anyone.Enrol(w.ctx, code, name, passenger.Device{PublicKeys: passenger.PublicKeys{Sign: pair.Signer().Public(), Agree: pair.Agreer().Public()}})
	w.must(err)
	b.id, b.token = e.Tablet, e.Token
	b.connect()
	return b
}

func (b *bare) connect() {
	var err error
	b.client, err = crewapi.NewClient(crewtest.URL, b.token, b.http(&b.away))
	b.must(err)
}

// http is a way to ground that is there unless away.
func (w *world) http(away *bool) *http.Client {
	return &http.Client{Transport: through(func(r *http.Request) (*http.Response, error) {
		if *away {
			return nil, io.ErrUnexpectedEOF
		}
		return w.client.Transport.RoundTrip(r)
	})}
}

type through func(*http.Request) (*http.Response, error)

func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (b *bare) Name() string           { return b.name }
func (b *bare) ID() passenger.TabletID { return b.id }
func (b *bare) Offline(away bool)      { b.away = away }
func (b *bare) Skew(d time.Duration)   { b.skew = d }
func (b *bare) clock() time.Time       { return b.now().Add(b.skew) }

func (b *bare) Restart() {
	for _, r := range b.legs {
		r.load()
	}
}

func (b *bare) Clone() device {
	twin := *b
	twin.name, twin.legs = b.name+" twin", map[passenger.FlightKey]*replica{}
	twin.connect()
	for k, r := range b.legs {
		c := &replica{bare: &twin, group: r.group, store: r.store.Clone(), talk: r.talk}
		c.load()
		twin.legs[k] = c
	}
	return &twin
}

func (b *bare) Sync() error {
	duties, err := b.client.Flights(b.ctx, nil)
	if err != nil {
		return err
	}
	for _, d := range duties {
		r, ok := b.legs[d.Key]
		if !ok && d.Removed {
			continue
		}
		if !ok {
			r = &replica{bare: b, group: d.Flight, store: flightsync.NewMemory()}
			var inc flightsync.Incarnation
			rand.Read(inc[:]) // never fails (crypto/rand)
			b.must(r.store.Apply(flightsync.Create(d.Flight, flightsync.Nobody, inc,
				flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(b.world.keys.Signer().Public())})))
			r.load()
			b.legs[d.Key] = r
		}
		if err := r.exchange(); err != nil {
			return err
		}
	}
	return nil
}

func (r *replica) load() {
	r.Helper()
	var err error
	r.rep, err = flightsync.Load(r.store, func(_ flightsync.Algorithm, public, msg, sig []byte) bool { return keys.Verify(public, msg, sig) })
	r.must(err)
}

func (r *replica) step(ev flightsync.Event) flightsync.Ready {
	r.Helper()
	ready, err := r.rep.Step(ev)
	r.must(err)
	r.must(r.rep.Sign(&ready, r.keys.Signer().Sign))
	r.must(r.store.Apply(ready.Batch))
	return ready
}

func salt() (s [flightsync.SaltSize]byte) {
	rand.Read(s[:]) // never fails (crypto/rand)
	return s
}

// exchange goes on until neither side lacks anything.
func (r *replica) exchange() error {
	for range 16 {
		res, err := r.client.Exchange(r.ctx, *r.step(r.talk.Ask(0, 0)).Request)
		if err != nil {
			return err
		}
		ready := r.step(flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: salt()})
		r.talk.Heard(res, ready, r.rep.State())
		r.obey()
		if r.talk.Done(r.rep.State()) {
			return nil
		}
	}
	return passenger.Errorf(passenger.Raced, "scenario.exchange", "the exchange does not come to an end")
}

// obey drops the bodies that ground ordered erased.
func (r *replica) obey() {
	v, err := flightsync.FoldStorage(r.store)
	r.must(err)
	if len(v.Erased) > 0 {
		r.step(flightsync.EraseBodies{Dots: v.Erased})
	}
}

func (b *bare) leg(k passenger.FlightKey) *replica {
	b.Helper()
	r, ok := b.legs[k]
	if !ok {
		b.Fatalf("tablet %s does not serve %s", b.name, k)
	}
	return r
}

func (b *bare) View(k passenger.FlightKey) *flightsync.View {
	b.Helper()
	v, err := flightsync.FoldStorage(b.leg(k).store)
	b.must(err)
	return v
}

func (b *bare) Holds(k passenger.FlightKey, words string) bool {
	b.Helper()
	found, err := inBodies(b.leg(k).store, words)
	b.must(err)
	return found
}

func (b *bare) Notes(k passenger.FlightKey) []note {
	b.Helper()
	v := b.View(k)
	return notesOf(v, func(a flightsync.Author) bool { e, ok := v.Member(a); return ok && e.Tablet == b.id })
}

func (r *replica) write(ds ...flightsync.Draft) error {
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = salt()
	}
	ready, err := r.rep.Step(flightsync.Write{Author: r.rep.State().Me, Drafts: ds, Salts: salts, Now: r.clock()})
	if err != nil {
		return err
	}
	r.must(r.rep.Sign(&ready, r.keys.Signer().Sign))
	return r.store.Apply(ready.Batch)
}

func (b *bare) Record(k passenger.FlightKey, d flightsync.Dot, fb passenger.Feedback) error {
	n, ok := b.View(k).Note(d)
	if !ok {
		return passenger.Errorf(passenger.NotFound, "scenario.Record", "no such note")
	}
	return b.leg(k).write(flightsync.SeenDraft(d), flightsync.OutcomeDraft(d, n.Note.Traveller, fb, n.HeadDots(), salt()))
}

func (b *bare) Resolve(k passenger.FlightKey, d flightsync.Dot, fb passenger.Feedback) error {
	n, _ := b.View(k).Note(d)
	return b.leg(k).write(flightsync.ResolveDraft(d, n.Note.Traveller, fb, n.HeadDots(), salt()))
}

func (b *bare) SeatNow(k passenger.FlightKey, no passenger.TravellerNo, seat passenger.Seat) error {
	t, _ := b.View(k).Traveller(no)
	return b.leg(k).write(flightsync.SeatNowDraft(no, seat, t.SeatDots, salt()))
}

func (b *bare) HandIn(k passenger.FlightKey) error {
	v, r := b.View(k), b.leg(k)
	if _, done := v.Fins[r.rep.State().Me]; done {
		return nil
	}
	return r.write(flightsync.FinDraft())
}

// peer is the side of a bare tablet that others of its flight call.
type peer struct{ *replica }

func (p peer) Hello(context.Context, int) error { return nil }

func (p peer) Uplink(context.Context, uplink.Beat) (b uplink.Beat, err error) { return b, nil }

func (p peer) Exchange(_ context.Context, req flightsync.Request) (flightsync.Response, error) {
	ready := p.step(flightsync.Receive{Runs: req.Runs, Peer: req.Have, Have: true, Salt: salt()})
	p.obey()
	return *p.step(flightsync.Answer{Request: req, Notes: ready.Notes}).Response, nil
}

// meet lets bare tablets exchange a flight with each other through the handlers of the cabin LAN.
func meetBare(k passenger.FlightKey, bs ...*bare) {
	for range 2 { // what the first brought to the second
		for _, from := range bs {
			for _, to := range bs {
				if from == to {
					continue
				}
				mux := http.NewServeMux()
				mux.Handle(crewapi.NewPeerHandler(peer{to.leg(k)}, crewapi.Options{Now: to.clock, Log: slog.New(slog.DiscardHandler)}))
				client, r := crewapi.NewPeerClient(crewtest.URL, crewtest.ServeHandler(from, mux)), from.leg(k)
				for talk := (flightsync.Talk{}); ; {
					res, err := client.Exchange(from.ctx, *r.step(talk.Ask(0, 0)).Request)
					from.must(err)
					ready := r.step(flightsync.Receive{Runs: res.Runs, Peer: res.Have, Have: true, Salt: salt()})
					r.obey()
					news := len(ready.Changed) > 0 || talk.Peer == nil
					talk.Heard(res, ready, r.rep.State())
					if talk.Done(r.rep.State()) || !news {
						break
					}
				}
			}
		}
	}
}
