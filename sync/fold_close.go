package sync

import (
	"cmp"
	"slices"
)

// close says why the flight is closed. A close counts until a reopening of ground takes it back; what
// is sealed stays closed.
func (f *folder) close() {
	back := map[Dot]bool{}
	for _, o := range f.byKind[KindReopen] {
		f.view.Reopened = []Dot{o.Dot}
		for _, d := range o.Header.Over {
			back[d] = true
		}
	}
	f.each(KindClose, func(o Op) error {
		reason, err := decodeText(o.Content())
		if err == nil && (f.view.Sealed || !back[o.Dot]) {
			f.view.Closed = cmp.Or(reason, "person")
			f.view.Closes = append(f.view.Closes, o.Dot)
		}
		return err
	})
}

// standing reports whether a fin knew of the last reopening: the hand-in of a flight that was closed
// wrongly says nothing of what was recorded since.
func (f *folder) standing(fin Op) bool {
	return !slices.ContainsFunc(f.view.Reopened, func(d Dot) bool { return !slices.Contains(fin.Header.Over, d) })
}
