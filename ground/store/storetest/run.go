package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Run checks one engine. open returns a new, empty, migrated store whose clock stands at now
// (a whole number of microseconds), and cleans up with t.Cleanup.
func Run(t *testing.T, now time.Time, open func(t *testing.T) ground.Store) {
	for name, check := range map[string]func(*suite){
		"every field survives":                  (*suite).everyField,
		"zero values survive":                   (*suite).zeroValues,
		"posts":                                 (*suite).posts,
		"cases":                                 (*suite).cases,
		"list of cases":                         (*suite).listCases,
		"search":                                (*suite).search,
		"search for common words":               (*suite).commonWords,
		"replies and links":                     (*suite).repliesAndLinks,
		"people":                                (*suite).people,
		"trips":                                 (*suite).trips,
		"consent":                               (*suite).consent,
		"flights":                               (*suite).flights,
		"find flights":                          (*suite).findFlights,
		"travellers":                            (*suite).travellers,
		"receipts and event notes":              (*suite).receiptsAndEventNotes,
		"lanes":                                 (*suite).lanes,
		"crossings and gestures":                (*suite).crossingsAndGestures,
		"tablets":                               (*suite).tablets,
		"enrol code is used once":               (*suite).enrolCode,
		"roster":                                (*suite).roster,
		"loops":                                 (*suite).loops,
		"loop flights and steps":                (*suite).loopFlightsAndSteps,
		"desk":                                  (*suite).desk,
		"follow-ups":                            (*suite).followUps,
		"users":                                 (*suite).users,
		"holds":                                 (*suite).holds,
		"ledger of erasures":                    (*suite).ledger,
		"erasing":                               (*suite).erasing,
		"retention":                             (*suite).retention,
		"audit":                                 (*suite).audit,
		"change feed":                           (*suite).changeFeed,
		"past answers":                          (*suite).pastAnswers,
		"nothing stays of a failed transaction": (*suite).rollback,
		"refusals do not spoil":                 (*suite).refusals,
		"reading does not write":                (*suite).readOnly,
		"no update is lost":                     (*suite).noLostUpdate,
		"no two are first":                      (*suite).noTwoFirst,
		"no change is lost":                     (*suite).noLostChange,
	} {
		t.Run(name, func(t *testing.T) {
			check(&suite{T: t, Store: open(t), ctx: t.Context(), now: now})
		})
	}
}

type suite struct {
	*testing.T
	ground.Store
	ctx context.Context
	now time.Time
}

// write runs fn in a transaction that must commit.
func (s *suite) write(fn func(tx ground.Tx) error) {
	s.Helper()
	if err := s.InTx(s.ctx, fn); err != nil {
		s.Fatal(err)
	}
}

// read runs fn in a read-only transaction that must succeed.
func (s *suite) read(fn func(tx ground.Tx) error) {
	s.Helper()
	if err := s.Read(s.ctx, fn); err != nil {
		s.Fatal(err)
	}
}

// wantCode checks what a call in a transaction of its own is refused with.
func (s *suite) wantCode(want passenger.Code, what string, fn func(tx ground.Tx) error) {
	s.Helper()
	if got := passenger.CodeOf(s.InTx(s.ctx, fn)); got != want {
		s.Errorf("%s: code %q, want %q", what, got, want)
	}
}

// wantMissing checks that a call in a read-only transaction says not_found.
func (s *suite) wantMissing(what string, fn func(tx ground.Tx) error) {
	s.Helper()
	if got := passenger.CodeOf(s.Read(s.ctx, fn)); got != passenger.NotFound {
		s.Errorf("%s that is not there: code %q, want not_found", what, got)
	}
}

// parallel runs fn n times at once and fails with the first error.
func (s *suite) parallel(n int, fn func(i int) error) {
	s.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			s.Fatal(err)
		}
	}
}

func (s *suite) same(what string, want, got any) {
	s.Helper()
	if d := cmp.Diff(want, got); d != "" {
		s.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// id makes the n-th uuid, in the order of n.
func id(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

// fid makes the n-th flight id.
func fid(n int) passenger.FlightID { return passenger.FlightID{0, 0xff, '\'', byte(n >> 8), byte(n)} }

// flight makes the n-th flight: KL number n, departing n hours after the suite's now.
func (s *suite) flight(n int) ground.Flight {
	return ground.Flight{ID: fid(n), Key: passenger.FlightKey{Carrier: "KL", Number: n, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
		Arrival: "JFK", STD: s.now.Add(time.Duration(n) * time.Hour), STA: s.now.Add(time.Duration(n+8) * time.Hour), Stage: passenger.Planned}
}

// aCase makes the n-th case, whose last post is n minutes after the suite's now.
func (s *suite) aCase(n int) ground.Case {
	return ground.Case{ID: id(n), Channel: passenger.X, AccountID: fmt.Sprint("17854612345678901", n), Topic: passenger.TopicMeal, Severity: passenger.Mild,
		Lang: "en", Status: ground.CaseOpen, OpenedAt: s.now, LastPostAt: s.now.Add(time.Duration(n) * time.Minute), Posts: 1}
}

func keys[T, K any](list []T, key func(T) K) []K {
	var out []K
	for _, v := range list {
		out = append(out, key(v))
	}
	return out
}
