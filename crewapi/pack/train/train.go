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
)

const (
	maxShapes = 240     // a number from 126 on takes two bytes
	segment   = 48      // bytes of a picked part: about one crew sentence
	gram      = 6       // bytes that must recur to count
	reserve   = 1 << 10 // bytes left for the entropy tables in front of the text
)

// train makes version 1: its tables and its dictionary. It has no input but the seeds: the same
// program gives the same bytes.
//
// The text of the dictionary is picked from all flights, but its entropy tables are made from
// flights whose names and sentences the text does not hold: a table made from text that is all
// found in the dictionary would take every letter for rare.
func train(flights uint64) (tables, dict []byte, err error) {
	all := lanes(1000, flights, invented.Training)
	seen := map[string]int{}
	for _, lane := range all {
		for s, n := range columns.Shapes(lane) {
			seen[s] += n
		}
	}
	t := columns.NewTables(commonest(seen), codes())
	known, unknown := invented.Training.Halves()
	half := text(t, lanes(2000, flights, known))
	dict, err = zstd.BuildDict(zstd.BuildDictOptions{ID: pack.V1, Contents: exchanges(t, lanes(3000, flights, unknown)), History: half,
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault})
	if err != nil {
		return nil, nil, err
	}
	if dict = append(dict[:len(dict)-len(half)], text(t, all)...); len(dict) > pack.MaxDictionary {
		err = fmt.Errorf("the dictionary has %d bytes; at most %d fit", len(dict), pack.MaxDictionary)
	}
	return t.Marshal(), dict, err
}

// lanes returns the lanes of n flights from a first seed on.
func lanes(first, n uint64, cast invented.Cast) (out [][][]byte) {
	for seed := range n {
		out = append(out, invented.Flight(first+seed, invented.LongHaul, cast)...)
	}
	return out
}

func commonest(seen map[string]int) []string {
	shapes := slices.SortedFunc(maps.Keys(seen), func(a, b string) int { return cmp.Or(seen[b]-seen[a], cmp.Compare(a, b)) })
	return shapes[:min(len(shapes), maxShapes)]
}

// text is what the dictionary holds: the best of what recurs from op to op.
func text(t *columns.Tables, lanes [][][]byte) []byte {
	var ops [][]byte
	for _, lane := range lanes {
		for _, o := range lane {
			ops = append(ops, stream(t, [][]byte{o}))
		}
	}
	return cover(ops, pack.MaxDictionary-reserve, segment, gram)
}

// exchanges returns the streams that lanes cross in, and one that holds each byte value once:
// a value without a code would make the whole table useless for what holds it.
func exchanges(t *columns.Tables, lanes [][][]byte) [][]byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	out := [][]byte{every}
	for _, lane := range lanes {
		out = append(out, stream(t, lane))
		for i, o := range lane {
			out = append(out, stream(t, [][]byte{o}))
			if i%29 == 28 {
				out = append(out, stream(t, lane[i-28:i+1]))
			}
		}
	}
	return out
}

func stream(t *columns.Tables, ops [][]byte) []byte {
	s, _, _ := t.Split(ops)
	return s
}
