package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type migrateCmd struct {
	AcceptKeys bool `help:"Make the keys of the key file those of this database; every tablet must then be enrolled anew."`
}

func (c *migrateCmd) Run(a *app) error {
	a.acceptKeys = c.AcceptKeys
	if err := a.begin(); err != nil {
		return err
	}
	return a.Print(map[string]bool{"migrated": true}, func(w io.Writer) { fmt.Fprintln(w, "the schema is that of this program") })
}

type backupCmd struct {
	File string `arg:"" help:"File to write; it must not exist."`
}

func (c *backupCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.db.Backup(a.ctx, c.File); err != nil {
		return err
	}
	return a.Print(map[string]string{"backup": c.File}, func(w io.Writer) { fmt.Fprintln(w, "written:", c.File) })
}

type verifyCmd struct{}

// verified is what verify prints: the whole ground in numbers, and what does not fit.
type verified struct {
	Posts   int `json:"posts"`
	Cases   int `json:"cases"`
	Flagged int `json:"flagged"`
	Flights int `json:"flights"`
	Sealed  int `json:"sealed"`
	flightsync.Sums
	OpsIssued      uint64         `json:"ops_issued"`
	OpsOnGround    uint64         `json:"ops_on_ground"`
	Recorded       int            `json:"recorded"`
	Gestures       int            `json:"gestures"`
	FollowUps      int            `json:"follow_ups"`
	Open           int            `json:"follow_ups_open"`
	Closed         int            `json:"closed"`
	Loops          map[string]int `json:"loops"` // by state
	Ends           map[string]int `json:"ends"`  // by reason
	Waiting        []string       `json:"waiting,omitempty"`
	Contradictions []string       `json:"contradictions"`
	SumsClose      bool           `json:"sums_close"`
}

func (c *verifyCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	doc, err := a.verify()
	if err != nil {
		return err
	}
	if err := a.Print(doc, func(w io.Writer) {
		for _, x := range doc.Contradictions {
			fmt.Fprintln(w, "CONTRADICTION:", x)
		}
		fmt.Fprintf(w, "%d posts, %d cases, %d flagged; %d flights, %d sealed; sums close: %v\n", doc.Posts, doc.Cases, doc.Flagged, doc.Flights, doc.Sealed, doc.SumsClose)
	}); err != nil {
		return err
	}
	if !doc.SumsClose {
		return passenger.Errorf(passenger.Corrupt, "ground.verify", "the books do not close; see the contradictions above")
	}
	return nil
}

// verify reads every case, loop and flight once and holds the books against each other.
func (a *app) verify() (verified, error) {
	doc := verified{Contradictions: []string{}, Loops: map[string]int{}, Ends: map[string]int{}}
	var flights []ground.Flight
	if err := a.db.Read(a.ctx, func(tx ground.Tx) (err error) {
		if flights, err = tx.ListFlights(a.ctx, a.now().AddDate(-10, 0, 0), a.now().AddDate(10, 0, 0)); err != nil {
			return err
		}
		return doc.count(a.ctx, tx)
	}); err != nil {
		return doc, err
	}
	doc.SumsClose = true
	for _, f := range flights {
		r, err := a.followup.Report(a.ctx, f.ID)
		if err != nil {
			return doc, err
		}
		doc.add(r)
	}
	doc.SumsClose = doc.SumsClose && doc.Sums.Close() && len(doc.Contradictions) == 0
	return doc, nil
}

// count counts cases and loops. Every flagged case has exactly one standing loop.
func (d *verified) count(ctx context.Context, tx ground.Tx) error {
	cs, err := tx.ListCases(ctx, ground.CaseFilter{Limit: math.MaxInt32})
	if err != nil {
		return err
	}
	for _, c := range cs {
		d.Cases++
		d.Posts += c.Posts
	}
	ls, err := tx.ListLoops(ctx, "", 0)
	if err != nil {
		return err
	}
	standing := map[passenger.CaseID]int{}
	for _, l := range ls {
		d.Flagged++
		d.Loops[string(l.State)]++
		switch l.State {
		case ground.LoopClosed, ground.LoopEnded:
			d.Closed++
			d.Ends[l.EndReason]++
			if l.EndReason == "" {
				d.Contradictions = append(d.Contradictions, "loop "+l.ID.String()+" ended without a reason")
			}
		default:
			standing[l.Case]++
			if standing[l.Case] > 1 {
				d.Contradictions = append(d.Contradictions, "case "+l.Case.String()+" has two standing loops")
			}
		}
	}
	return nil
}

func (d *verified) add(r followup.Report) {
	d.Flights++
	if r.Stage == string(passenger.Sealed) {
		d.Sealed++
	}
	d.Sums.Add(r.Sums)
	d.OpsIssued, d.OpsOnGround = d.OpsIssued+r.OpsIssued, d.OpsOnGround+r.OpsOnGround
	d.Recorded, d.Gestures = d.Recorded+r.Recorded, d.Gestures+r.Gestures
	d.FollowUps, d.Open = d.FollowUps+r.FollowUps, d.Open+r.Open
	for _, x := range r.Waiting {
		d.Waiting = append(d.Waiting, r.Flight+": "+x.String())
	}
	for _, x := range r.Contradictions {
		d.Contradictions = append(d.Contradictions, r.Flight+": "+x.String())
	}
	d.SumsClose = d.SumsClose && r.SumsClose
}

type doctorCmd struct {
	Cert string `help:"Ground's TLS certificate file (PEM): say when it ends." type:"existingfile"`
	Key  string `help:"Its key file (PEM)." type:"existingfile"`
}

func (c *doctorCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	nodes, err := a.db.Nodes(a.ctx)
	if err != nil {
		return err
	}
	off := []string{}
	for _, n := range nodes {
		if d := n.Time().Sub(a.now()); d.Abs() > offBy {
			off = append(off, n.Time().Format(time.RFC3339))
		}
	}
	doc := map[string]any{"database": engine(a.DB), "time": a.now().Format(time.RFC3339), "schema": "current", "nodes": len(nodes), "clocks_off": off}
	var ends, near time.Time
	if c.Cert != "" {
		pair, err := openCert(c.Cert, c.Key, time.Now, a.log)
		if err != nil {
			return err
		}
		ends, _ = pair.until()
		near, _ = pair.near()
		doc["certificate_ends"] = ends.UTC().Format(time.RFC3339)
	}
	return a.Print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "database: %s, schema current\nclock: %s\n", doc["database"], doc["time"])
		if !ends.IsZero() {
			fmt.Fprintf(w, "certificate: until %s\n", ends.UTC().Format(time.RFC3339))
		}
		if !near.IsZero() {
			fmt.Fprintln(w, "the certificate ends soon or has ended: renew it, or no tablet reaches ground")
		}
		for _, at := range off {
			fmt.Fprintf(w, "a node's last word was that it is %s: it has ended, or one of the clocks is wrong\n", at)
		}
	})
}

// engine names the database engine of a --db value, without what follows: it may hold a password.
func engine(db string) string { name, _, _ := strings.Cut(db, ":"); return name }
