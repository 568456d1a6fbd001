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
	flights   = 16
	maxShapes = 240     // a number from 126 on takes two bytes
	segment   = 48      // bytes of a picked part: about one crew sentence
	gram      = 6       // bytes that must recur to count
	head      = 1 << 10 // bytes left for the entropy tables in front of the text
)

// train makes version 1: its tables and its dictionary. It has no input but the seeds: the same
// program gives the same bytes.
func train() (tables, dict []byte, err error) {
	var lanes [][][]byte
	seen := map[string]int{}
	for seed := range uint64(flights) {
		for _, lane := range invented.Flight(1000+seed, invented.LongHaul, invented.Training) {
			lanes = append(lanes, lane)
			for s, n := range columns.Shapes(lane) {
				seen[s] += n
			}
		}
	}
	t := columns.NewTables(commonest(seen), codes())
	var single, batches [][]byte
	for _, lane := range lanes {
		for _, o := range lane {
			single = append(single, stream(t, [][]byte{o}))
		}
		for _, part := range parts(lane) {
			batches = append(batches, stream(t, part))
		}
	}
	dict, err = zstd.BuildDict(zstd.BuildDictOptions{ID: pack.V1, Contents: batches, History: cover(single, pack.MaxDictionary-head, segment, gram),
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault})
	if err == nil && len(dict) > pack.MaxDictionary {
		err = fmt.Errorf("the dictionary has %d bytes; at most %d fit", len(dict), pack.MaxDictionary)
	}
	return t.Marshal(), dict, err
}

func commonest(seen map[string]int) []string {
	shapes := slices.SortedFunc(maps.Keys(seen), func(a, b string) int { return cmp.Or(seen[b]-seen[a], cmp.Compare(a, b)) })
	return shapes[:min(len(shapes), maxShapes)]
}

func stream(t *columns.Tables, ops [][]byte) []byte {
	s, _, _ := t.Split(ops)
	return s
}

// parts cuts a lane as exchanges do: the whole, some tens, one by one.
func parts(lane [][]byte) [][][]byte {
	out := [][][]byte{lane}
	for i, o := range lane {
		if i%7 == 0 {
			out = append(out, [][]byte{o})
		}
		if i%29 == 28 {
			out = append(out, lane[i-28:i+1])
		}
	}
	return out
}
