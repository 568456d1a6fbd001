package main

import "slices"

// cover picks the parts of the samples that hold the most of what recurs in them, as zstd's own
// trainer does (Liao, Petri, Moffat, Wirth: "Effective construction of relative Lempel-Ziv
// dictionaries", 2016): it takes the segment whose uncovered d-grams occur in the most samples,
// covers them, and goes on until size bytes are full. The best segment comes last, where
// offsets are smallest. The same samples give the same bytes.
func cover(samples [][]byte, size, segment, d int) []byte {
	grams, count := number(samples, d)
	in := make([]int, len(count))
	var picked [][]byte
	for left := size; left >= d; {
		top, of, at := 0, 0, 0
		width := min(segment, left) - d + 1
		for i, g := range grams {
			if score, where := best(g, width, count, in); score > top {
				top, of, at = score, i, where
			}
		}
		if top == 0 {
			break
		}
		end := min(at+width, len(grams[of]))
		// Grams at the ends that count for nothing are left out.
		for at < end && count[grams[of][at]] == 0 {
			at++
		}
		for end > at && count[grams[of][end-1]] == 0 {
			end--
		}
		for _, g := range grams[of][at:end] {
			count[g] = 0
		}
		part := samples[of][at : end+d-1]
		picked, left = append(picked, part), left-len(part)
	}
	slices.Reverse(picked)
	return slices.Concat(picked...)
}

// number gives every d-gram a number. It returns the samples as such numbers, and in how many
// samples each occurs: 0 for one that does not recur.
func number(samples [][]byte, d int) (grams [][]int, count []int) {
	ids := map[string]int{}
	last := []int{}
	for i, s := range samples {
		var g []int
		for j := 0; j+d <= len(s); j++ {
			id, ok := ids[string(s[j:j+d])]
			if !ok {
				id = len(ids)
				ids[string(s[j:j+d])] = id
				count, last = append(count, 0), append(last, -1)
			}
			if last[id] != i {
				last[id] = i
				count[id]++
			}
			g = append(g, id)
		}
		grams = append(grams, g)
	}
	for id, n := range count {
		if n == 1 {
			count[id] = 0
		}
	}
	return grams, count
}

// best returns the highest sum of counts of distinct grams in a window of width, and where it
// starts. in is zero before and after.
func best(grams []int, width int, count, in []int) (top, at int) {
	sum := 0
	for i, g := range grams {
		if in[g]++; in[g] == 1 {
			sum += count[g]
		}
		if i >= width {
			out := grams[i-width]
			if in[out]--; in[out] == 0 {
				sum -= count[out]
			}
		}
		if sum > top {
			top, at = sum, max(0, i-width+1)
		}
	}
	for _, g := range grams[max(0, len(grams)-width):] {
		in[g] = 0
	}
	return top, at
}
