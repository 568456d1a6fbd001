package store_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
)

// putWords inserts posts, each with its case, whose texts are given.
func putWords(t *testing.T, db *store.DB, texts ...string) (ids []passenger.CaseID) {
	t.Helper()
	ctx := t.Context()
	if err := db.InTx(ctx, func(tx ground.Tx) error {
		ids = nil
		for i, text := range texts {
			c := ground.Case{ID: uuid.New(), Channel: passenger.X, Status: ground.CaseOpen, LastPostAt: start}
			if err := tx.InsertCase(ctx, c); err != nil {
				return err
			}
			if _, err := tx.InsertPost(ctx, ground.StoredPost{Post: passenger.Post{Channel: passenger.X, ExternalID: fmt.Sprint(len(texts), "-", i), Text: text}, Case: c.ID}); err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

func found(t *testing.T, db *store.DB, words string) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx ground.Tx) (err error) {
		n, err = tx.CountCases(t.Context(), ground.CaseFilter{Search: words})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func plan(t *testing.T, db *store.DB, words string) (p string) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx ground.Tx) (err error) {
		p, err = store.SearchPlan(t.Context(), tx, words)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSearchIndexKeepsStep: erasing, deleting and changing words reaches the index, whoever does it.
func TestSearchIndexKeepsStep(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		db := open(t, address)
		ids := putWords(t, db, "the first zebra", "the second zebra", "the third zebra")
		if n := found(t, db, "zebra"); n != 3 {
			t.Fatalf("%d cases found, want 3", n)
		}
		if err := db.InTx(ctx, func(tx ground.Tx) error { return tx.EraseCase(ctx, ids[0], true) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Exec(ctx, "UPDATE post_words SET words = 'a giraffe' WHERE case_id = ?", ids[1]); err != nil {
			t.Fatal(err)
		}
		if z, g := found(t, db, "zebra"), found(t, db, "giraffe"); z != 1 || g != 1 {
			t.Errorf("after erasing and changing: %d zebras, %d giraffes, want 1 and 1", z, g)
		}
		if strings.HasPrefix(address, "sqlite:") {
			if err := db.Exec(ctx, "INSERT INTO post_search (post_search, rank) VALUES ('integrity-check', 1)"); err != nil {
				t.Errorf("the index does not agree with the words: %v", err)
			}
		}
	})
}

// TestSearchUsesItsIndex, and finds what reading all words would find.
func TestSearchUsesItsIndex(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		db := open(t, address)
		texts := make([]string, 3000)
		for i := range texts {
			texts[i] = fmt.Sprintf("post %d says that nobody answered and nothing came", i)
		}
		putWords(t, db, texts...)
		want := "SCAN s VIRTUAL TABLE INDEX 0:M" // by MATCH
		if strings.HasPrefix(address, "postgres") {
			want = "post_words_search"
		}
		if p := plan(t, db, "luggage"); !strings.Contains(p, want) {
			t.Errorf("the plan does not name %s:\n%s", want, p)
		}
		for words, n := range map[string]int{"says that": 3000, "post 77 says": 1, `"`: 0, `abc"def`: 0, "nobody nobody": 0, "AND answered": 0, "and nothing": 3000, "luggage": 0, "77 s": 30, "st 1*": 0, "1?9": 0, "[12]": 0, "a": 3000} {
			if got := found(t, db, words); got != n {
				t.Errorf("%q is found %d times, want %d", words, got, n)
			}
		}
	})
}

// TestSearchWithoutTrigrams: a PostgreSQL user who may not create the module searches all the same.
func TestSearchWithoutTrigrams(t *testing.T) {
	ctx := t.Context()
	address := engines["postgres"](t)
	owner, err := store.Open(ctx, address, store.Options{Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	role := "plain" + strings.ReplaceAll(uuid.NewString(), "-", "")
	for _, q := range []string{"CREATE ROLE " + role + " LOGIN", "GRANT ALL ON SCHEMA public TO " + role} {
		if err := owner.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	db := open(t, u.String())
	putWords(t, db, "my meal was cold", "a zebra")
	if n := found(t, db, "zebra"); n != 1 {
		t.Errorf("%d cases found, want 1", n)
	}
	if p := plan(t, db, "zebra"); strings.Contains(p, "post_words_search") {
		t.Errorf("there is an index all the same:\n%s", p)
	}
}
