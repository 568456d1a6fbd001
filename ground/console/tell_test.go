package console_test

import (
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

var (
	formRE   = regexp.MustCompile(`(?s)data-test="tell-form">(.*?)</form>`)
	inputRE  = regexp.MustCompile(`<input ([^>]*)>`)
	attrRE   = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	selectRE = regexp.MustCompile(`(?s)<select name="([a-z]+)".*?</select>`)
	chosenRE = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// tellForm reads the form of a case page as a browser would send it.
func (b *browser) tellForm(path string) url.Values {
	b.Helper()
	form := formRE.FindStringSubmatch(b.get(path).body)
	if form == nil {
		b.Fatal("the page has no form to tell the crew")
	}
	out := url.Values{}
	for _, in := range inputRE.FindAllStringSubmatch(form[1], -1) {
		attrs := map[string]string{}
		for _, a := range attrRE.FindAllStringSubmatch(in[1], -1) {
			attrs[a[1]] = html.UnescapeString(a[2])
		}
		if _, checked := attrs["checked"]; attrs["name"] != "" && (attrs["type"] != "checkbox" || checked) {
			out.Add(attrs["name"], attrs["value"])
		}
	}
	for _, s := range selectRE.FindAllStringSubmatch(form[1], -1) {
		if on := chosenRE.FindStringSubmatch(s[0]); on != nil {
			out.Set(s[1], on[1])
		}
	}
	return out
}

// told is the standing note of a case on its flight.
func (w *world) told(id passenger.CaseID) (loop ground.Loop, note passenger.Note) {
	w.Helper()
	w.read(func(tx ground.Tx) (err error) {
		loop, _, err = tx.LoopOfCase(w.ctx, id)
		return err
	})
	p, err := w.dispatch.Preview(w.ctx, id, loop.Edits)
	w.must(err)
	return loop, p.Note
}

// TestAnUntouchedFormChangesNothing: whatever language the agent reads, releasing what the page shows
// compiles what the page showed, and so does sending the form again.
func TestAnUntouchedFormChangesNothing(t *testing.T) {
	t.Parallel()
	for _, lang := range passenger.Languages {
		w := newWorld(t)
		w.seed()
		agent := w.user("nora", "social")
		agent.done("/language", url.Values{"lang": {lang}, "next": {"/"}})
		for _, customer := range []string{"100", "101", "102"} {
			id := w.caseOf(passenger.X, "p"+customer)
			path := "/case/" + id.String()
			agent.confirmed(id, w.personOf(customer))
			shown, err := w.dispatch.Preview(w.ctx, id, ground.Edits{})
			w.must(err)
			for range 2 {
				agent.done(path+"/flag", agent.tellForm(path))
				loop, note := w.told(id)
				if diff := cmp.Diff(ground.Edits{}, loop.Edits); diff != "" {
					t.Errorf("%s, %s: nobody touched the form: -want +got\n%s", lang, customer, diff)
				}
				if diff := cmp.Diff(shown.Note, note); diff != "" {
					t.Errorf("%s, %s: shown, and compiled: -want +got\n%s", lang, customer, diff)
				}
			}
		}
	}
}

// TestWhatThePreviewShowsIsCompiled touches the form at random.
func TestWhatThePreviewShowsIsCompiled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	agent := w.user("nora", "social")
	id := w.caseOf(passenger.X, "p100")
	path := "/case/" + id.String()
	agent.confirmed(id, w.personOf("100"))
	plain, err := w.dispatch.Preview(w.ctx, id, ground.Edits{})
	w.must(err)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		form := agent.tellForm(path)
		form["do"] = nil
		for _, c := range passenger.PhraseCodes("do") {
			if len(form["do"]) < 3 && r.IntN(4) == 0 {
				form.Add("do", string(c))
			}
		}
		if r.IntN(2) == 0 {
			form.Set("priority", []string{"1", "2", "3"}[r.IntN(3)])
		}
		if r.IntN(3) == 0 {
			form.Set("words", "Vegetarian meal")
		}
		p := agent.get(path + "/preview?" + form.Encode())
		agent.done(path+"/flag", form)
		_, note := w.told(id)
		at := 0
		for _, do := range note.Do { // as the purser reads them, in their order
			found := strings.Index(p.body[at:], html.EscapeString(do.Words("en")))
			if found < 0 {
				t.Fatalf("%d: the preview of %v does not show %s in its place", i, form, do.Code)
			}
			at += found
		}
		if kept := slices.DeleteFunc(slices.Clone(plain.Plain.Do), func(x passenger.Phrase) bool { return !slices.Contains(form["do"], string(x.Code)) }); len(form["do"]) > 0 {
			if diff := cmp.Diff(kept, note.Do[:len(kept)]); diff != "" {
				t.Fatalf("%d: what stayed keeps its order: -want +got\n%s", i, diff)
			}
		}
	}
}
