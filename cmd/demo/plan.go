package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plan is who flies where in the real loop.
type plan struct {
	rows     int // posts in the file
	posts    int // of them different ones
	flights  []planned
	bookings string // CSV
}

// planned is one flight of the plan.
type planned struct {
	number   int
	from, to string
	std, sta time.Time
}

func (p planned) designator() string { return fmt.Sprintf("HAT%04d", p.number) }
func (p planned) key() string {
	return p.designator() + "/" + p.std.Format(time.DateOnly) + "/" + p.from
}

type simUser struct {
	UserID string `json:"user_id"`
	Name   struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	} `json:"name"`
	Membership   string   `json:"membership"`
	Reservations []string `json:"reservations"`
}

type simReservation struct {
	ID      string `json:"reservation_id"`
	Cabin   string `json:"cabin"`
	Flights []struct {
		Origin, Destination string
		Number              string `json:"flight_number"`
	} `json:"flights"`
}

// makePlan ties a seeded sample of the authors of negative posts to invented customers, two
// each at most, and gives every customer a flight in the next two days.
func makePlan(c *realCmd, r *rand.Rand) (plan, error) {
	authors, rows, posts, err := negativeAuthors(filepath.Join(c.Data, "us-airline-tweets", "train.csv"))
	if err != nil {
		return plan{}, err
	}
	var users []simUser
	if err := readJSONL(filepath.Join(c.Data, "bookings-sim", "users.jsonl"), func(u simUser) { users = append(users, u) }); err != nil {
		return plan{}, err
	}
	var flights []planned
	seen := map[string]bool{}
	if err := readJSONL(filepath.Join(c.Data, "bookings-sim", "reservations.jsonl"), func(res simReservation) {
		for _, f := range res.Flights {
			var n int
			if _, err := fmt.Sscanf(f.Number, "HAT%d", &n); err != nil || n == 0 || seen[f.Number] || len(flights) == c.Flights {
				continue
			}
			seen[f.Number] = true
			std := realStart.Add(6*time.Hour + time.Duration(r.IntN(22*60))*time.Minute)
			flights = append(flights, planned{n, f.Origin, f.Destination, std, std.Add(time.Duration(3+r.IntN(7)) * time.Hour)})
		}
	}); err != nil {
		return plan{}, err
	}
	if len(users) == 0 || len(flights) == 0 {
		return plan{}, errors.New("the booking set names no customers or flights")
	}
	r.Shuffle(len(authors), func(i, j int) { authors[i], authors[j] = authors[j], authors[i] })
	authors = authors[:min(c.Tie, len(authors), 2*len(users))]
	return plan{rows: rows, posts: posts, flights: flights, bookings: bookingsOf(users, flights, authors)}, nil
}

// bookingsOf writes the bookings CSV: each customer has one flight and the accounts told us.
func bookingsOf(users []simUser, flights []planned, authors []string) string {
	var b strings.Builder
	b.WriteString("flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,ssr,customer_id,handles\n")
	for i, u := range users {
		var handles []string
		for j := i; j < len(authors); j += len(users) {
			handles = append(handles, "x:"+authors[j])
		}
		if len(handles) == 0 {
			continue
		}
		f := flights[i%len(flights)]
		seat := fmt.Sprintf("%d%c", 5+i/len(flights), 'A'+(i/len(flights))%6)
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,HB%04d,%s,%s,,Y,%s,%s,,%s,%s\n", f.designator(), f.from, f.to, f.std.Format(time.RFC3339), f.sta.Format(time.RFC3339),
			i, u.Name.Last, u.Name.First, seat, u.Membership, u.UserID, strings.Join(handles, " "))
	}
	return b.String()
}

// crew puts one tablet on every flight, round and round.
func (p plan) crew(tablets int) string {
	var b strings.Builder
	b.WriteString("flight,tablet,role,zone\n")
	for i, f := range p.flights {
		fmt.Fprintf(&b, "%s,tablet-%02d,lead,\n", f.key(), 1+i%tablets)
	}
	return b.String()
}

// telexes are the movement messages sent after from, up to to: every flight leaves and lands
// on time.
func (p plan) telexes(from, to time.Time) string {
	var b strings.Builder
	say := func(f planned, sent time.Time, text string) {
		if sent.After(from) && !sent.After(to) {
			fmt.Fprintf(&b, "QU AMSOOHA\n.%sOOHA %s\nMVT\n%s/%s.N100HA.%s\n%s\n", f.from, sent.Format("021504"), f.designator(), f.std.Format("02"), f.from, text)
		}
	}
	for _, f := range p.flights {
		say(f, f.std.Add(15*time.Minute), fmt.Sprintf("AD%s/%s", f.std.Format("021504"), f.std.Add(12*time.Minute).Format("021504")))
		say(f, f.sta.Add(15*time.Minute), fmt.Sprintf("AA%s/%s", f.sta.Add(-12*time.Minute).Format("021504"), f.sta.Format("021504")))
	}
	return b.String()
}

// negativeAuthors lists, once each, the authors of posts that people called negative, and
// counts the rows and the different posts (the set holds some rows twice).
func negativeAuthors(file string) (authors []string, rows, posts int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, 0, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, 0, 0, err
	}
	sentiment, author := slices.Index(head, "airline_sentiment"), slices.Index(head, "author")
	if sentiment < 0 || author < 0 {
		return nil, 0, 0, fmt.Errorf("%s: no columns airline_sentiment and author", file)
	}
	seen, ids := map[string]bool{}, map[string]bool{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return authors, rows, len(ids), nil
		}
		if err != nil {
			return nil, rows, len(ids), err
		}
		rows++
		ids[row[0]] = true
		if a := row[author]; row[sentiment] == "negative" && !seen[a] {
			seen[a] = true
			authors = append(authors, a)
		}
	}
}

// readJSONL calls fn for each line.
func readJSONL[T any](file string, fn func(T)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		fn(v)
	}
	return sc.Err()
}
