package storetest

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// noun is a stored noun: how it is written and read back. put returns what must come back.
type noun struct {
	zero any // of its type
	put  func(s *suite, tx ground.Tx, v any) (want any, err error)
	get  func(s *suite, tx ground.Tx, want any) (any, error)
}

// Nouns returns a zero value of every noun whose fields the suite follows through the store.
func Nouns() []any {
	var out []any
	for _, n := range nouns {
		out = append(out, n.zero)
	}
	return out
}

// of makes a noun of type N.
func of[N any](put func(s *suite, tx ground.Tx, v *N) error, get func(s *suite, tx ground.Tx, want N) (N, error)) noun {
	return noun{zero: *new(N),
		put: func(s *suite, tx ground.Tx, v any) (any, error) { n := v.(N); err := put(s, tx, &n); return n, err },
		get: func(s *suite, tx ground.Tx, want any) (any, error) { return get(s, tx, want.(N)) }}
}

// only returns the one element of a list.
func only[N any](list []N, err error) (N, error) {
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("%d rows, want 1", len(list))
	}
	if err != nil {
		return *new(N), err
	}
	return list[0], nil
}

var nouns = []noun{
	of(func(s *suite, tx ground.Tx, v *ground.Case) error { return tx.InsertCase(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Case) (ground.Case, error) { return tx.Case(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.Case) error {
		if err := tx.InsertCase(s.ctx, ground.Case{ID: v.ID}); err != nil {
			return err
		}
		return tx.UpdateCase(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Case) (ground.Case, error) { return tx.Case(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.StoredPost) error {
		ok, err := tx.InsertPost(s.ctx, *v)
		if err == nil && !ok {
			err = fmt.Errorf("a new post counts as known")
		}
		if err == nil {
			err = tx.InsertCase(s.ctx, ground.Case{ID: v.Case}) // the order of the two is free
		}
		return err
	}, func(s *suite, tx ground.Tx, w ground.StoredPost) (ground.StoredPost, error) {
		return only(tx.CasePosts(s.ctx, w.Case))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Reply) error {
		if err := tx.InsertCase(s.ctx, ground.Case{ID: v.Case}); err != nil {
			return err
		}
		return tx.InsertReply(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Reply) (ground.Reply, error) {
		return only(tx.Replies(s.ctx, w.Case))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Link) error {
		if err := tx.InsertCase(s.ctx, ground.Case{ID: v.Case}); err != nil {
			return err
		}
		return tx.SetLink(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Link) (ground.Link, error) { return only(tx.Links(s.ctx, w.Case)) }),
	of(func(s *suite, tx ground.Tx, v *ground.Person) error { return tx.InsertPerson(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Person) (ground.Person, error) { return tx.Person(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.Person) error {
		if err := tx.InsertPerson(s.ctx, ground.Person{ID: v.ID}); err != nil {
			return err
		}
		return tx.UpdatePerson(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Person) (ground.Person, error) { return tx.Person(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.ConsentRecord) error { return tx.SetConsent(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.ConsentRecord) (ground.ConsentRecord, error) {
			return tx.Consent(s.ctx, w.Person)
		}),
	of(func(s *suite, tx ground.Tx, v *ground.Flight) error { return tx.InsertFlight(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Flight) (ground.Flight, error) { return tx.Flight(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.Flight) error {
		if err := tx.InsertFlight(s.ctx, ground.Flight{ID: v.ID}); err != nil {
			return err
		}
		return tx.UpdateFlight(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Flight) (ground.Flight, error) {
		return tx.FlightByKey(s.ctx, w.Key)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Traveller) error {
		if err := tx.InsertFlight(s.ctx, ground.Flight{ID: v.Flight}); err != nil {
			return err
		}
		return tx.PutTraveller(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Traveller) (ground.Traveller, error) {
		return only(tx.Travellers(s.ctx, w.Flight))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.EventNote) error {
		if err := tx.InsertFlight(s.ctx, ground.Flight{ID: v.Flight}); err != nil {
			return err
		}
		return tx.InsertEventNote(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.EventNote) (ground.EventNote, error) {
		return only(tx.EventNotes(s.ctx, w.Flight))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Crossing) error { return tx.PutCrossing(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Crossing) (ground.Crossing, error) {
			return only(tx.Crossings(s.ctx, w.Flight))
		}),
	of(func(s *suite, tx ground.Tx, v *ground.GestureRow) error { return tx.PutGesture(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.GestureRow) (ground.GestureRow, error) {
			return only(tx.Gestures(s.ctx, w.Flight))
		}),
	of(func(s *suite, tx ground.Tx, v *ground.Tablet) error { return tx.InsertTablet(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Tablet) (ground.Tablet, error) { return tx.Tablet(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.Tablet) error {
		if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: v.ID}); err != nil {
			return err
		}
		return tx.UpdateTablet(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Tablet) (ground.Tablet, error) {
		return tx.TabletByName(s.ctx, w.Name)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.FormerKey) error {
		if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: v.Tablet}); err != nil {
			return err
		}
		v.Key = append(v.Key, 1)
		return tx.PutFormerKey(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.FormerKey) (ground.FormerKey, error) {
		return tx.FormerKey(s.ctx, w.Key)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.EnrolCode) error {
		if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: v.Tablet}); err != nil {
			return err
		}
		v.UsedAt = time.Time{}
		v.ExpiresAt = s.now.Add(time.Hour)
		v.Hash = append(v.Hash, 1)
		err := tx.InsertEnrolCode(s.ctx, *v)
		if err == nil {
			_, err = tx.UseEnrolCode(s.ctx, v.Hash, s.now) // read back below by a second use that is rolled back
		}
		v.UsedAt = s.now
		return err
	}, func(s *suite, tx ground.Tx, w ground.EnrolCode) (ground.EnrolCode, error) {
		if _, err := tx.UseEnrolCode(s.ctx, w.Hash, s.now); passenger.CodeOf(err) == "" {
			return w, fmt.Errorf("a used code was taken again")
		}
		return w, nil // its fields are checked in enrolCode
	}),
	of(func(s *suite, tx ground.Tx, v *ground.RosterRow) error {
		if err := tx.InsertFlight(s.ctx, ground.Flight{ID: v.Flight}); err != nil {
			return err
		}
		if err := tx.InsertTablet(s.ctx, ground.Tablet{ID: v.Tablet}); err != nil {
			return err
		}
		return tx.PutRoster(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.RosterRow) (ground.RosterRow, error) {
		return only(tx.Roster(s.ctx, w.Flight))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Loop) error { return tx.InsertLoop(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Loop) (ground.Loop, error) { return tx.Loop(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.Loop) error {
		if err := tx.InsertLoop(s.ctx, ground.Loop{ID: v.ID}); err != nil {
			return err
		}
		return tx.UpdateLoop(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.Loop) (ground.Loop, error) { return tx.Loop(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.LoopFlight) error {
		if err := tx.InsertLoop(s.ctx, ground.Loop{ID: v.Loop}); err != nil {
			return err
		}
		return tx.PutLoopFlight(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.LoopFlight) (ground.LoopFlight, error) {
		return only(tx.LoopFlights(s.ctx, w.Loop))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Transition) error {
		if err := tx.InsertLoop(s.ctx, ground.Loop{ID: v.Loop}); err != nil {
			return err
		}
		err := tx.AddTransition(s.ctx, *v)
		v.Seq, v.At = 1, s.now
		return err
	}, func(s *suite, tx ground.Tx, w ground.Transition) (ground.Transition, error) {
		return only(tx.Transitions(s.ctx, w.Loop))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.DeskItem) (err error) {
		v.ID, err = tx.InsertDeskItem(s.ctx, *v)
		return err
	}, func(s *suite, tx ground.Tx, w ground.DeskItem) (ground.DeskItem, error) {
		return tx.DeskItem(s.ctx, w.ID)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.DeskItem) error {
		id, err := tx.InsertDeskItem(s.ctx, ground.DeskItem{})
		if err != nil {
			return err
		}
		v.ID = id
		return tx.UpdateDeskItem(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.DeskItem) (ground.DeskItem, error) {
		return tx.DeskItem(s.ctx, w.ID)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.FollowUp) (err error) {
		v.ID, err = tx.InsertFollowUp(s.ctx, *v)
		return err
	}, func(s *suite, tx ground.Tx, w ground.FollowUp) (ground.FollowUp, error) {
		return tx.FollowUp(s.ctx, w.ID)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.FollowUp) error {
		id, err := tx.InsertFollowUp(s.ctx, ground.FollowUp{Cause: "another"})
		if err != nil {
			return err
		}
		v.ID = id
		return tx.UpdateFollowUp(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.FollowUp) (ground.FollowUp, error) {
		return tx.FollowUp(s.ctx, w.ID)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.User) (err error) {
		v.ID, err = tx.InsertUser(s.ctx, *v)
		return err
	}, func(s *suite, tx ground.Tx, w ground.User) (ground.User, error) { return tx.User(s.ctx, w.ID) }),
	of(func(s *suite, tx ground.Tx, v *ground.User) error {
		id, err := tx.InsertUser(s.ctx, ground.User{Name: "another"})
		if err != nil {
			return err
		}
		v.ID = id
		return tx.UpdateUser(s.ctx, *v)
	}, func(s *suite, tx ground.Tx, w ground.User) (ground.User, error) {
		return tx.UserByName(s.ctx, w.Name)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.PastAnswer) error {
		if len(v.Terms) == 0 {
			v.Terms = []string{"term"} // what it is found by
		}
		ok, err := tx.InsertAnswer(s.ctx, *v)
		if err == nil && !ok {
			err = fmt.Errorf("a new answer counts as known")
		}
		return err
	}, func(s *suite, tx ground.Tx, w ground.PastAnswer) (ground.PastAnswer, error) {
		p, err := tx.AnswersLike(s.ctx, w.Lang, w.Terms)
		return only(p.Found, err)
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Change) error {
		err := tx.Notify(s.ctx, v.Topic, v.Ref)
		v.Seq, v.At = 1, s.now
		return err
	}, func(s *suite, tx ground.Tx, w ground.Change) (ground.Change, error) {
		return only(tx.Changes(s.ctx, 0, 10))
	}),
	of(func(s *suite, tx ground.Tx, v *ground.Hold) error { return tx.SetHold(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Hold) (ground.Hold, error) {
			h, _, err := tx.Hold(s.ctx, w.Person)
			return h, err
		}),
	of(func(s *suite, tx ground.Tx, v *ground.Erasure) error { return tx.PutErasure(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Erasure) (ground.Erasure, error) {
			return only(tx.Erasures(s.ctx))
		}),
	of(func(s *suite, tx ground.Tx, v *ground.ErasureFlight) error { return tx.PutErasureFlight(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.ErasureFlight) (ground.ErasureFlight, error) {
			return only(tx.ErasureFlights(s.ctx, w.Erasure))
		}),
	of(func(s *suite, tx ground.Tx, v *ground.Tombstone) error { return tx.AddTombstones(s.ctx, *v) },
		func(s *suite, tx ground.Tx, w ground.Tombstone) (ground.Tombstone, error) {
			return only(tx.Tombstones(s.ctx, &w.Flight))
		}),
	of(func(s *suite, tx ground.Tx, v *ground.AuditRow) error {
		err := tx.Audit(s.ctx, *v)
		v.Seq, v.At = 1, s.now
		return err
	}, func(s *suite, tx ground.Tx, w ground.AuditRow) (ground.AuditRow, error) {
		return only(tx.AuditRows(s.ctx, w.Object, 10))
	}),
}

// fill sets every exported field below v to a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, *n*1000, time.UTC)))
		return
	case flightsync.Vector: // as long as a flight's can be, with numbers of every size
		vec := make(flightsync.Vector, flightsync.MaxAuthors)
		for i := range vec {
			vec[i] = uint64(*n) << i
		}
		v.Set(reflect.ValueOf(vec))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("%d Жö 日本 👩‍✈️ 'q' \"d\" \\ %% _ ?0 ? \t\n", 1785461234567890000+*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n%255 + 1))
	case reflect.Uint32:
		v.SetUint(1<<32 - uint64(*n))
	case reflect.Uint64:
		v.SetUint(math.MaxUint64 - uint64(*n))
	case reflect.Float64:
		v.SetFloat(1 / float64(*n))
	default:
		panic("storetest: no filling for " + v.Type().String())
	}
}

func (s *suite) everyField() {
	n := 0
	s.throughStore(func(v reflect.Value) {
		fill(v, &n)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				s.Fatalf("%s.%s is not filled", v.Type(), v.Type().Field(i).Name)
			}
		}
	})
}

func (s *suite) zeroValues() { s.throughStore(func(reflect.Value) {}) }

// throughStore writes and reads each noun, each in transactions that are rolled back, so that
// keys are free for the next.
func (s *suite) throughStore(prepare func(reflect.Value)) {
	for _, n := range nouns {
		v := reflect.New(reflect.TypeOf(n.zero)).Elem()
		prepare(v)
		name := v.Type().Name()
		if name == "Change" { // written at the commit
			s.write(func(tx ground.Tx) error { _, err := n.put(s, tx, v.Interface()); return err })
			want, _ := n.put(s, silent{}, v.Interface())
			s.read(func(tx ground.Tx) error {
				got, err := n.get(s, tx, want)
				s.same(name, want, got)
				return err
			})
			continue
		}
		undo := fmt.Errorf("undo")
		err := s.InTx(s.ctx, func(tx ground.Tx) error {
			want, err := n.put(s, tx, v.Interface())
			if err != nil {
				return err
			}
			got, err := n.get(s, tx, want)
			if err != nil {
				return err
			}
			if a, ok := got.(ground.AuditRow); ok { // a number is not used twice, so it depends on the engine
				w := want.(ground.AuditRow)
				w.Seq = a.Seq
				want = w
			}
			s.same(name, want, got)
			return undo
		})
		if err != undo {
			s.Errorf("%s: %v", name, err)
		}
	}
}

// silent takes a change and does nothing.
type silent struct{ ground.Tx }

func (silent) Notify(context.Context, string, string) error { return nil }
