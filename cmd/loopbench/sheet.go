package main

import (
	"fmt"
	"slices"
)

// who was measured. "ours" is the product; the floor is package floor, without and with a
// dictionary trained on other flights.
const (
	ours      = "ours"
	least     = "floor"
	leastDict = "floor+dict"
)

// figure is one measured thing: the median of all rounds.
type figure struct {
	Work  string             `json:"work"` // w1 … w7, or another part
	Name  string             `json:"name"`
	Unit  string             `json:"unit"`
	Value map[string]float64 `json:"value"`           // by who
	N     int                `json:"n"`               // rounds
	Ratio float64            `json:"ratio,omitempty"` // ours ÷ floor
	Note  string             `json:"note,omitempty"`
}

// sheet gathers samples. It is not safe for concurrent use.
type sheet struct {
	figures []*figure
	samples map[string][]float64
}

func (s *sheet) add(work, name, unit, who string, v float64) {
	f := s.find(work, name)
	if f == nil {
		f = &figure{Work: work, Name: name, Unit: unit, Value: map[string]float64{}}
		s.figures = append(s.figures, f)
	}
	if s.samples == nil {
		s.samples = map[string][]float64{}
	}
	k := key(f, who)
	s.samples[k] = append(s.samples[k], v)
	f.Value[who] = median(s.samples[k])
	f.N = max(f.N, len(s.samples[k]))
}

// note says what a reader must know of a figure.
func (s *sheet) note(work, name, format string, args ...any) {
	if f := s.find(work, name); f != nil {
		f.Note = fmt.Sprintf(format, args...)
	}
}

func (s *sheet) find(work, name string) *figure {
	for _, f := range s.figures {
		if f.Work == work && f.Name == name {
			return f
		}
	}
	return nil
}

func key(f *figure, who string) string { return f.Work + "|" + f.Name + "|" + who }

// reason says why a figure has no number.
func (s *sheet) reason(work, name, why string) {
	if s.find(work, name) == nil {
		s.figures = append(s.figures, &figure{Work: work, Name: name, Value: map[string]float64{}})
	}
	s.note(work, name, "%s", why)
}

// uncounted takes a count of waits away that is below one: the load without a link took longer than
// the one over it, since the machine had other work.
func (s *sheet) uncounted(work, name string) {
	f := s.find(work, name)
	if f == nil {
		return
	}
	if v, ok := f.Value[ours]; ok && v < 1 {
		delete(f.Value, ours)
		f.Note = "not counted: the machine was too busy"
	}
}

// finished computes the ratios.
func (s *sheet) finished() []figure {
	var out []figure
	for _, f := range s.figures {
		mine, ok := f.Value[ours]
		base, has := f.Value[least]
		if ok && has && base > 0 {
			f.Ratio = mine / base
		}
		out = append(out, *f)
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n == 0 {
		return 0
	}
	return (v[(n-1)/2] + v[n/2]) / 2
}
