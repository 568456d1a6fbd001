package tablet

// metaErasing stands in a store from the moment bodies were dropped until its files are gone: the
// new store has it no more. A program that is killed in between goes on with it at the next use.
const metaErasing = "erasing"

// erasing reports whether files that held erased bodies may still be there.
func (f *flight) erasing() bool {
	b, err := f.db.Meta(metaErasing)
	return err != nil || len(b) > 0
}

// obey does what ground has ordered erased. It comes before every request to ground: a tablet
// that says it holds the order has obeyed it. The caller holds f.mu and has called use.
func (f *flight) obey() error {
	if f.rests() { // then nothing is left to do
		return nil
	}
	v, err := f.view()
	if err != nil || len(v.erased) == 0 && !f.erasing() {
		return err
	}
	return f.erase(v.Erased)
}

// resume goes on with an erasure that was cut short. What fails now is tried at the next contact.
func (f *flight) resume() {
	if !f.erasing() {
		return
	}
	if err := f.obey(); err != nil {
		f.agent.Log.Warn("erasure not finished", "flight", f.id.String(), "err", err)
	}
}
