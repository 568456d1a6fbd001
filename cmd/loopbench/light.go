package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// light is a tablet of the product without a disk and without pages: the engine over memory and
// the product's client. A storm of a thousand tablets on two cores measures ground with it, as
// the reference's storms did. It is used by one goroutine at a time.
type light struct {
	client *crewapi.Client
	token  string
	flight passenger.FlightID
	mem    *flightsync.Memory
	rep    *flightsync.Replica
	keys   *keys.Pair
	talk   flightsync.Talk
	notes  []flightsync.NoteView             // standing ones, after the first load
	last   map[flightsync.Dot]flightsync.Dot // own outcome that stands, by note
	again  int                               // exchanges that ground put off
}

func newLight(url string, member member, root []byte, flight passenger.FlightID, hc *http.Client) (t *light, err error) {
	t = &light{token: member.token, keys: member.keys, flight: flight, mem: flightsync.NewMemory(), last: map[flightsync.Dot]flightsync.Dot{}}
	if t.client, err = crewapi.NewClient(url, t.token, hc); err != nil {
		return nil, err
	}
	var inc flightsync.Incarnation
	rand.Read(inc[:]) // never fails (crypto/rand)
	if err := t.mem.Apply(flightsync.Create(flight, flightsync.Nobody, inc, flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(root)})); err != nil {
		return nil, err
	}
	t.rep, err = flightsync.Load(t.mem, func(_ flightsync.Algorithm, public, msg, sig []byte) bool { return keys.Verify(public, msg, sig) })
	return t, err
}

// load fetches the flight.
func (t *light) load(ctx context.Context) error {
	if err := t.hand(ctx); err != nil {
		return err
	}
	v, err := flightsync.FoldStorage(t.mem)
	if err != nil {
		return err
	}
	for _, n := range v.Notes {
		if n.Retracted == "" && !n.Note.Event {
			t.notes = append(t.notes, n)
		}
	}
	if len(t.notes) == 0 {
		return fmt.Errorf("a tablet loaded a flight without notes")
	}
	return nil
}

// hand exchanges until ground has everything, waiting when ground asks for it.
func (t *light) hand(ctx context.Context) error {
	for {
		err := t.exchange(ctx)
		if code := passenger.CodeOf(err); err != nil && (code == passenger.TooMuch || code == passenger.Unavailable || code == passenger.Raced) && ctx.Err() == nil {
			t.again++
			pause := max(passenger.RetryAfter(err), 50*time.Millisecond)
			select {
			case <-time.After(pause + time.Duration(jitter(pause))):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		if t.talk.Done(t.rep.State()) {
			return nil
		}
	}
}

func jitter(d time.Duration) int64 {
	var b [8]byte
	rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:]) % uint64(d))
}

func (t *light) exchange(ctx context.Context) error {
	ask, err := t.step(t.talk.Ask(0, 0))
	if err != nil {
		return err
	}
	res, err := t.client.Exchange(ctx, *ask.Request)
	if err != nil {
		return err
	}
	ev := flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true}
	rand.Read(ev.Salt[:])
	ready, err := t.step(ev)
	if err == nil {
		t.talk.Heard(res, ready, t.rep.State())
	}
	return err
}

func (t *light) step(ev flightsync.Event) (ready flightsync.Ready, err error) {
	if ready, err = t.rep.Step(ev); err != nil {
		return ready, err
	}
	if err := t.rep.Sign(&ready, t.keys.Signer().Sign); err != nil {
		return ready, err
	}
	if ready.Batch.IsEmpty() {
		return ready, nil
	}
	return ready, t.mem.Apply(ready.Batch)
}

// write records n outcomes on the tablet's share of the notes, each in place of its last.
func (t *light) write(i, n int) error {
	r := dice(uint64(i), 75)
	for range n {
		note := t.notes[i%len(t.notes)]
		var nonce [8]byte
		rand.Read(nonce[:])
		var over []flightsync.Dot
		if d, ok := t.last[note.Dot]; ok {
			over = append(over, d)
		}
		me := t.rep.State().Me
		if me == flightsync.Nobody {
			return errors.New("a tablet is not bound")
		}
		ev := flightsync.Write{Author: me, Now: start, Salts: make([][flightsync.SaltSize]byte, 1),
			Drafts: []flightsync.Draft{flightsync.OutcomeDraft(note.Dot, note.Note.Traveller, report(r), over, nonce)}}
		rand.Read(ev.Salts[0][:])
		if _, err := t.step(ev); err != nil {
			return err
		}
		t.last[note.Dot] = flightsync.Dot{Author: me, Seq: t.rep.State().Vector().Of(me)}
	}
	return nil
}
