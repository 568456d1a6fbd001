package store_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/cabinloop/cabinloop/ground/store"
)

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		open(t, address) // migrates
		now := start
		db, err := store.Open(t.Context(), address, store.Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		s := db.Sessions()
		want := func(token, data string, found bool) {
			t.Helper()
			b, ok, err := s.Find(token)
			if err != nil || ok != found || string(b) != data {
				t.Errorf("session %q: %q, %v, %v; want %q, %v", token, b, ok, err, data, found)
			}
		}
		commit := func(token, data string, life time.Duration) {
			t.Helper()
			if err := s.Commit(token, []byte(data), start.Add(life)); err != nil {
				t.Fatal(err)
			}
		}
		want("a", "", false)
		commit("a", "one\x00\xff", time.Hour)
		commit("b", "two", time.Minute)
		commit("a", "changed", time.Hour)
		want("a", "changed", true)
		want("b", "two", true)
		want("A", "", false)
		now = start.Add(time.Minute)
		want("b", "", false)
		commit("c", "three", time.Hour)
		now = start
		want("b", "", false) // swept, not only hidden
		for range 2 {
			if err := s.Delete("a"); err != nil {
				t.Fatal(err)
			}
		}
		want("a", "", false)
		want("c", "three", true)
	})
}

func TestSessionsServeScs(t *testing.T) {
	m := scs.New()
	m.Store = open(t, engines["sqlite"](t)).Sessions()
	srv := httptest.NewServer(m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := m.GetString(r.Context(), "who")
		m.Put(r.Context(), "who", "eva")
		if _, err := w.Write([]byte(who)); err != nil {
			t.Error(err)
		}
	})))
	defer srv.Close()
	var cookies []*http.Cookie
	for _, want := range []string{"", "eva"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		cookies = res.Cookies()
		got := make([]byte, 8)
		n, _ := res.Body.Read(got) // ends with EOF
		res.Body.Close()
		if string(got[:n]) != want {
			t.Errorf("the session says %q, want %q", got[:n], want)
		}
	}
}
