package followup_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/ground/social"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// TestPastAnswersOfAFile: a file is taken in, twice, and helps with a case in its language.
func TestPastAnswersOfAFile(t *testing.T) {
	const file = "id;language;topic;question;answer\n" +
		"1;en;meal;My meal was cold on the way to New York;Hi Anna, we are sorry about your cold meal. ^MK\n" +
		"2;en-GB;baggage;My bag was lost;We will find your bag.\n" +
		"3;nl;meal;Mijn maaltijd was koud;Wat vervelend, een koude maaltijd.\n" +
		"4;;meal;Cold meal;No language.\n"
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "ground.db"), "postgres": testenv.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			db, err := store.Open(ctx, address, store.Options{Now: func() time.Time { return start }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			var as []ground.PastAnswer
			var refused []int
			for a, wrong := range social.DecodeAnswers(strings.NewReader(file), social.Options{File: "f"}) {
				if wrong != nil {
					refused = append(refused, wrong.Line)
					continue
				}
				as = append(as, a)
			}
			if d := cmp.Diff([]int{5}, refused); d != "" {
				t.Errorf("refused lines (-want +got)\n%s", d)
			}
			s := &followup.Service{Store: db}
			for i, want := range [][2]int{{3, 0}, {0, 3}} {
				done := 0
				taken, duplicate, err := s.ImportAnswers(ctx, as, func(n int) { done = n })
				if err != nil || taken != want[0] || duplicate != want[1] || done != 3 {
					t.Errorf("import %d: %d taken, %d duplicate, %d done, %v", i+1, taken, duplicate, done, err)
				}
			}
			c := ground.Case{ID: uuid.New(), Channel: passenger.X, Topic: passenger.TopicMeal, Lang: "en", Status: ground.CaseOpen, OpenedAt: start, LastPostAt: start}
			if err := db.InTx(ctx, func(tx ground.Tx) error {
				if err := tx.InsertCase(ctx, c); err != nil {
					return err
				}
				_, err := tx.InsertPost(ctx, ground.StoredPost{Post: passenger.Post{Channel: passenger.X, ExternalID: "1", Text: "@airline COLD meal again, my son too!", CreatedAt: start}, Case: c.ID, ArrivedAt: start})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			got, err := s.Past(ctx, c.ID)
			want := []followup.Suggestion{{Answer: "Hi [name], we are sorry about your cold meal.", Because: []string{"meal", "cold"}}}
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
			if _, err := s.Past(ctx, uuid.New()); passenger.CodeOf(err) != passenger.NotFound {
				t.Errorf("a case that is not there: %v", err)
			}
		})
	}
}
