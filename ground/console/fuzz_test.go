package console

import (
	"net/url"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// FuzzQuery reads what browsers send: the filter of the inbox and the edits of a note.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"status=closed&topic=meal&q=+cold+", "edit=1&do=d.apologise&not=&words=a++b&moment=meal&priority=1&private=1", "edit=&priority=-1", "before=2026-11-21T09:00:00Z,x", "%ff=%00;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		filter := readFilter(q)
		u, err := url.Parse(filter.Address(filter.Before))
		if err != nil {
			t.Fatal(err)
		}
		if again := readFilter(u.Query()); again != filter {
			t.Errorf("the address of %+v says %+v", filter, again)
		}
		e, err := readEdits(q)
		switch {
		case err != nil && passenger.CodeOf(err) != passenger.Invalid:
			t.Error(err)
		case err == nil && (len([]rune(e.Words)) > passenger.MaxFreeWordsRunes || e.Priority < 0 || e.Priority > passenger.Third):
			t.Errorf("taken: %+v", e)
		}
	})
}
