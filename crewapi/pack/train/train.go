package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/columns"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	maxShapes = 240     // a number from 126 on takes two bytes
	segment   = 48      // bytes of a picked part: about one crew sentence
	gram      = 6       // bytes that must recur to count
	reserve   = 1 << 10 // bytes left for the entropy tables in front of the text
)

// train makes version 1, its tables and its dictionary, from n flights. It has no input but the
// seeds: the same program gives the same bytes.
//
// The text of the dictionary is picked from all flights, but its entropy tables are made from
// flights whose names and sentences the text does not hold: a table made from text that is all
// found in the dictionary would take every letter for rare.
func train(n int) (tables, dict []byte, err error) {
	all := flights(1000, n, invented.Training)
	seen := map[string]int{}
	for _, f := range all {
		for _, lane := range f {
			for s, n := range columns.Shapes(lane) {
				seen[s] += n
			}
		}
	}
	t := columns.NewTables(commonest(seen), codes())
	known, unknown := invented.Training.Halves()
	half := text(t, flights(2000, n, known))
	dict, err = zstd.BuildDict(zstd.BuildDictOptions{ID: pack.V1, Contents: entries(t, flights(3000, n, unknown)), History: half,
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault})
	if err != nil {
		return nil, nil, err
	}
	if dict = append(dict[:len(dict)-len(half)], text(t, all)...); len(dict) > pack.MaxDictionary {
		err = fmt.Errorf("the dictionary has %d bytes; at most %d fit", len(dict), pack.MaxDictionary)
	}
	return t.Marshal(), dict, err
}

func flights(first uint64, n int, cast invented.Cast) (out []invented.Lanes) {
	for i := range n {
		out = append(out, invented.Flight(first+uint64(i), invented.LongHaul, cast))
	}
	return out
}

func commonest(seen map[string]int) []string {
	shapes := slices.SortedFunc(maps.Keys(seen), func(a, b string) int { return cmp.Or(seen[b]-seen[a], cmp.Compare(a, b)) })
	return shapes[:min(len(shapes), maxShapes)]
}

// text is what the dictionary holds: the best of what recurs from op to op.
func text(t *columns.Tables, flights []invented.Lanes) []byte {
	var ops [][]byte
	for _, f := range flights {
		for _, lane := range f {
			for _, o := range lane {
				ops = append(ops, stream(t, o))
			}
		}
	}
	return cover(ops, pack.MaxDictionary-reserve, segment, gram)
}

// entries returns the streams of what a crew writes, one op or three at a time: what is short
// has nothing but the dictionary's tables. One more holds each byte value once: a value without
// a code would make the whole table useless for what holds it.
func entries(t *columns.Tables, flights []invented.Lanes) [][]byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	out := [][]byte{every}
	for _, f := range flights {
		for _, lane := range f[flightsync.FirstTablet:] {
			for i, o := range lane {
				out = append(out, stream(t, o))
				if i%3 == 2 {
					out = append(out, stream(t, lane[i-2:i+1]...))
				}
			}
		}
	}
	return out
}

func stream(t *columns.Tables, ops ...[]byte) []byte {
	s, _, _ := t.Split(ops)
	return s
}
