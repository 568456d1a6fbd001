package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// postsResult says how fast posts come in through the ground import posts program.
type postsResult struct {
	Posts        int     `json:"posts"`
	Seconds      float64 `json:"seconds"`          // of the whole program
	PerSecond    float64 `json:"per_second"`       // program start and opening the database included
	StartSeconds float64 `json:"start_seconds"`    // the same program with one post, median
	Net          float64 `json:"per_second_net"`   // without that
	Again        float64 `json:"again_per_second"` // the same file once more: all are known
}

func (s *site) measurePosts() (r postsResult, err error) {
	if err := s.ask(nil, "user", "list"); err != nil { // makes the schema
		return r, err
	}
	r.Posts = posts
	text := crowd(dice(s.seed, 1), posts+oneImports)
	lines := slices.Collect(strings.Lines(text))
	var ones []time.Duration
	for i := range oneImports {
		took, err := s.importPosts(fmt.Sprintf("one-%d.jsonl", i), lines[posts+i], 1, 0)
		if err != nil {
			return r, err
		}
		ones = append(ones, took)
	}
	slices.Sort(ones)
	many := strings.Join(lines[:posts], "")
	took, err := s.importPosts("posts.jsonl", many, posts, 0)
	if err != nil {
		return r, err
	}
	again, err := s.importPosts("posts.jsonl", many, 0, posts)
	one := ones[len(ones)/2]
	r.Seconds, r.StartSeconds = took.Seconds(), one.Seconds()
	r.PerSecond, r.Net, r.Again = posts/took.Seconds(), (posts-1)/(took-one).Seconds(), posts/again.Seconds()
	return r, err
}

// importPosts imports a file and times the program; it must take and know so many.
func (s *site) importPosts(name, content string, taken, known int) (time.Duration, error) {
	path, err := s.write(name, content)
	if err != nil {
		return 0, err
	}
	var rep struct{ Taken, Duplicate, Refused int }
	begun := time.Now()
	if err := s.ask(&rep, "import", "posts", path); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	if rep.Taken != taken || rep.Duplicate != known || rep.Refused != 0 {
		return 0, fmt.Errorf("took %d, knew %d, refused %d; want %d and %d: is the database empty?", rep.Taken, rep.Duplicate, rep.Refused, taken, known)
	}
	return took, nil
}
