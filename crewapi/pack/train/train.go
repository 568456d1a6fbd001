package main

import (
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
)

const (
	segment = 48 // bytes of a picked part: about one phrase or crew sentence
	gram    = 6  // bytes that must recur to count
	flights = 16
	tables  = 1024 // bytes left for the entropy tables and header in front of the text
)

// train makes dictionary V1. It has no input but the seeds: the same program, the same bytes.
func train() ([]byte, error) {
	var single, batches [][]byte
	for seed := range uint64(flights) {
		for _, lane := range invented.Flight(1000+seed, invented.LongHaul, invented.Training) {
			for _, o := range lane {
				single = append(single, pack.Join([][]byte{o}))
			}
			for _, part := range parts(lane) {
				batches = append(batches, pack.Join(part))
			}
		}
	}
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{ID: pack.V1, Contents: batches, History: cover(single, pack.MaxDictionary-tables, segment, gram),
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault})
	if err == nil && len(dict) > pack.MaxDictionary {
		err = fmt.Errorf("the dictionary has %d bytes; at most %d fit", len(dict), pack.MaxDictionary)
	}
	return dict, err
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
