package main

import (
	"fmt"
	"slices"
	"strings"
)

// prepare starts the ground and brings in flights with their passengers and complaints: with
// their notes, or with these made ready only.
func (s *site) prepare(noted []leg, ready ...leg) error {
	if err := s.ground.Start(s.ctx); err != nil {
		return err
	}
	var posts, bookings strings.Builder
	bookings.WriteString(bookingsHead)
	for _, l := range slices.Concat(noted, ready) {
		r := dice(s.seed, uint64(l.number))
		bookings.WriteString(l.bookings(r))
		posts.WriteString(l.complaints(r))
	}
	if err := s.give("bookings", "bookings.csv", bookings.String()); err != nil {
		return err
	}
	if err := s.give("posts", "complaints.jsonl", posts.String()); err != nil {
		return err
	}
	var rows []struct {
		Case, Account string
		Negative      bool
	}
	if err := s.ask(&rows, "case", "list", "--linked", "--negative"); err != nil {
		return err
	}
	s.cases = map[string]string{}
	consent := []string{"consent", "set", "yes", "--words", "invented passenger"}
	for _, r := range rows {
		s.cases[r.Account] = r.Case
		consent = append(consent, "--case", r.Case)
	}
	if err := s.ask(nil, consent...); err != nil {
		return err
	}
	flag := []string{"case", "flag"}
	for _, l := range noted {
		ids, err := s.casesOf(l)
		if err != nil {
			return err
		}
		flag = append(flag, ids...)
	}
	var flagged struct{ States map[string]int }
	if err := s.ask(&flagged, flag...); err != nil {
		return err
	}
	if got, want := flagged.States["compiled"], len(flag)-2; got != want {
		return fmt.Errorf("%d notes were to be compiled: %v", want, flagged.States)
	}
	return nil
}

// casesOf lists the cases of a leg's passengers.
func (s *site) casesOf(l leg) (ids []string, err error) {
	for i := range l.notes {
		id, ok := s.cases[l.account(i)]
		if !ok {
			return nil, fmt.Errorf("complaint %d of %s made no negative case of a known person", i, l.designator())
		}
		ids = append(ids, id)
	}
	return ids, nil
}
