package social

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

var received = time.Date(2026, 5, 12, 9, 0, 0, 0, time.UTC)

func decode(r io.Reader, opt Options) (posts []passenger.Post, refused []string) {
	for p, err := range DecodePosts(r, opt) {
		if err != nil {
			refused = append(refused, err.Error())
			continue
		}
		posts = append(posts, p)
	}
	return posts, refused
}

func options() Options { return Options{Channel: passenger.X, File: "f", Received: received} }

func TestDecodeFullRow(t *testing.T) {
	t.Parallel()
	want := []passenger.Post{{
		Channel: passenger.WhatsApp, ExternalID: "570306133677760513", ConversationID: "c1", AuthorID: "31612345678", AuthorName: "Noor de Wit",
		AuthorHandle: "@noor", Text: "Koud eten,\nop \"KL0605\"", Lang: "nl", CreatedAt: time.Date(2026, 5, 12, 6, 30, 0, 0, time.UTC),
		InReplyTo: "570306133677760512", URL: "https://x.example/1",
	}}
	head := "channel,external_id,conversation_id,author_id,author_name,author_handle,text,lang,created_at,in_reply_to,url"
	row := `whatsapp,570306133677760513,c1,31612345678,Noor de Wit,@noor,"Koud eten,
op ""KL0605""",nl,2026-05-12T08:30:00+02:00,570306133677760512,https://x.example/1`
	semi := strings.ReplaceAll(head, ",", ";") + "\r\n" + `whatsapp;570306133677760513;c1;31612345678;Noor de Wit;@noor;"Koud eten,` + "\r\n" + `op ""KL0605""";nl;1778567400;570306133677760512;https://x.example/1` + "\r\n"
	object := `{"channel":"whatsapp","external_id":570306133677760513,"conversation_id":"c1","author_id":31612345678,"author_name":"Noor de Wit","author_handle":"@noor","text":"Koud eten,\nop \"KL0605\"","lang":"nl","created_at":1778567400000,"in_reply_to":"570306133677760512","url":"https://x.example/1","unknown":{"a":[1]}}`
	for name, in := range map[string]string{"comma": head + "\n" + row, "byte order mark": "\uFEFF" + head + "\n" + row + "\n", "semicolon": semi, "jsonl": object} {
		got, refused := decode(strings.NewReader(in), options())
		if refused != nil {
			t.Errorf("%s: refused %q", name, refused)
			continue
		}
		for i := range got {
			if len(got[i].Raw) == 0 {
				t.Errorf("%s: raw row is lost", name)
			}
			got[i].Raw = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestDecodeRefusals(t *testing.T) {
	t.Parallel()
	const h = "external_id,text,created_at\n"
	const good = "1,cold meal,1778567400\n"
	spread := "a spreadsheet rewrote this id as a number and its digits are lost; export again with the column as text"
	tests := []struct {
		name, in string
		taken    int
		refused  []string
	}{
		{"mangled id", h + "5.70306E+17,cold,1778567400\n" + good, 1, []string{"f:2: external_id: " + spread}},
		{"mangled id, comma", strings.ReplaceAll(h, ",", ";") + "5,70306E+17;cold;1778567400\n", 0, []string{"f:2: external_id: " + spread}},
		{"mangled JSON id", `{"external_id":5.70306E+17,"text":"x"}`, 0, []string{"f:1: external_id: " + spread}},
		{"float id", h + "570306133677760000.0,cold,1778567400\n", 0, []string{"f:2: external_id: " + spread}},
		{"too few columns", h + "2,cold\n" + good, 1, []string{"f:2: the row has 2 columns, the header 3"}},
		{"no text", h + "2,,1778567400\n" + good, 1, []string{"f:2: text: the text is empty"}},
		{"too long", h + "2," + strings.Repeat("x", passenger.MaxPostBytes+1) + ",1778567400\n" + good, 1, []string{"f:2: text: the text has 8193 bytes; at most 8192 fit"}},
		{"time without zone", h + "2,cold,2026-05-12 08:30:00\n" + good, 1, []string{"f:2: created_at: write RFC 3339 with a zone (2026-05-12T08:30:00Z) or an epoch in seconds or milliseconds"}},
		{"bad UTF-8", h + "2,cold\xff,1778567400\n" + good, 1, []string{"f:2: the row is not UTF-8; save the file as UTF-8"}},
		{"unknown channel", "channel,text\nmyspace,cold\nx,cold\n", 1, []string{"f:2: channel: unknown channel; the channels are x, facebook, messenger, instagram, whatsapp, linkedin, wechat, kakaotalk, vk, telegram, email, file"}},
		{"cut in a quoted text", h + good + "2,\"cold me", 1, []string{"f:3: a quote is never closed: the file may be cut off"}},
		{"cut in a later line of a text", h + good + "2,\"cold\nme", 1, []string{"f:3: a quote is never closed: the file may be cut off"}},
		{"cut after a column", h + good + "2,cold", 1, []string{"f:3: the row has 2 columns, the header 3"}},
		{"stray quote costs one row", h + "2,\"cold,1778567400\n" + good + good, 2, []string{"f:2: a quote is never closed: the file may be cut off"}},
		{"stray quote before a quoted row", h + "2,\"cold,1778567400\n3,\"late, again\",1778567400\n" + good, 2, []string{"f:2: text stands behind a closing quote: double the quotes inside a quoted text"}},
		{"text behind a quote", h + "2,\"cold\" meal,1778567400\n" + good, 1, []string{"f:2: text stands behind a closing quote: double the quotes inside a quoted text"}},
		{"quote inside a text is text", h + "2,the \"meal\" was cold,1778567400\n", 1, nil},
		{"blank lines", h + "\n\n" + good + "\n", 1, nil},
		{"no header", "1,cold meal,1778567400\n", 0, []string{"f:1: the header has no column text; the first line must name the columns"}},
		{"header twice", "text,text\na,b\n", 0, []string{"f:1: the column text stands twice in the header"}},
		{"empty", "", 0, []string{"f:1: the file is empty"}},
		{"UTF-16", "\xff\xfet\x00", 0, []string{"f:1: the file is UTF-16; save it as UTF-8"}},
		{"cut JSON", `{"text":"cold"}` + "\n" + `{"text":"col`, 1, []string{"f:2: the JSON object is cut off"}},
		{"JSON list", `[{"text":"cold"}]`, 0, []string{"f:1: a JSON list is not read: write one object a line"}},
		{"two objects a line", `{"text":"a"}{"text":"b"}`, 0, []string{"f:1: something stands behind the JSON object: write one object a line"}},
		{"no object", `{"text":"a"}` + "\n7\n", 1, []string{"f:2: this is no JSON object"}},
		{"text is a number", `{"text":5}`, 0, []string{"f:1: text: must be text"}},
		{"row too long", h + "2,\"" + strings.Repeat("x", MaxRowBytes) + "\",1\n" + good, 1, []string{fmt.Sprintf("f:2: the row is longer than %d bytes, or a quote is never closed", MaxRowBytes)}},
		{"deep JSON", `{"text":"a","x":` + strings.Repeat("[", 20000) + "}\n" + `{"text":"a"}`, 1, []string{"f:1: this is no JSON object"}},
	}
	for _, tt := range tests {
		posts, refused := decode(strings.NewReader(tt.in), options())
		if len(posts) != tt.taken {
			t.Errorf("%s: took %d posts, want %d", tt.name, len(posts), tt.taken)
		}
		if diff := cmp.Diff(tt.refused, refused); diff != "" {
			t.Errorf("%s: refusals -want +got\n%s", tt.name, diff)
		}
	}
}

func TestReadErrorEndsTheFile(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader("text\ncold\n"), iotest.ErrReader(errors.New("disk gone")))
	posts, refused := decode(in, options())
	if len(posts) != 1 || len(refused) != 1 || refused[0] != "f:3: the file could not be read any further" {
		t.Errorf("got %d posts, refused %q", len(posts), refused)
	}
}

func TestHashIDIsStable(t *testing.T) {
	t.Parallel()
	in := "author_id,text\na,cold meal\na,late bag\n"
	first, _ := decode(strings.NewReader(in), options())
	later := options()
	later.Received = received.Add(time.Hour)
	second, _ := decode(strings.NewReader(in), later)
	for i := range first {
		if !strings.HasPrefix(first[i].ExternalID, "h:") || first[i].ExternalID != second[i].ExternalID {
			t.Errorf("row %d: id %q, then %q", i, first[i].ExternalID, second[i].ExternalID)
		}
	}
	if first[0].ExternalID == first[1].ExternalID {
		t.Error("two texts have the same id")
	}
}

func TestStopsWhenTheLoopStops(t *testing.T) {
	t.Parallel()
	n := 0
	for range DecodePosts(strings.NewReader("text\na\nb\nc\n"), options()) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d steps after a break", n)
	}
}

func TestDecodeAirlineTweets(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(testenv.Shared(t), "us-airline-tweets", "train.csv"))
	if err != nil {
		t.Skipf("train.csv is not in the data folder")
	}
	defer f.Close()
	posts, refused := decode(f, Options{Channel: passenger.X, File: "train.csv"})
	if len(refused) > 0 {
		t.Errorf("refused %d rows, first %s", len(refused), refused[0])
	}
	if len(posts) != 8159 {
		t.Errorf("took %d rows, want 8159", len(posts))
	}
	ids := map[string]bool{} // the set holds 85 rows twice
	for _, p := range posts {
		ids[p.ExternalID] = true
		if strings.Contains(p.Text, "Cancelled Flightled") {
			t.Error("text was preferred over text_fixed")
		}
	}
	if len(ids) != 8074 || posts[0].ExternalID != "570306133677760513" {
		t.Errorf("%d ids for %d posts, first %s", len(ids), len(posts), posts[0].ExternalID)
	}
	if want := time.Date(2015, 2, 24, 19, 35, 52, 0, time.UTC); !posts[0].CreatedAt.Equal(want) {
		t.Errorf("first post is of %v, want %v", posts[0].CreatedAt, want)
	}
}

func checkDecoded(t *testing.T, in string, format Format) {
	opt := options()
	opt.Format = format
	rows := strings.Count(in, "\n") + 1
	n := 0
	for p, err := range DecodePosts(strings.NewReader(in), opt) {
		if n++; n > 2*rows+2 {
			t.Fatalf("more than %d steps for %d lines", n, rows)
		}
		if err != nil {
			if err.Reason == "" || err.Line < 1 || err.Line > rows {
				t.Errorf("refusal without reason or with line %d of %d", err.Line, rows)
			}
			continue
		}
		if p.Text == "" || p.Text != Clean(p.Text) || p.ExternalID == "" || p.Channel == "" || p.CreatedAt.IsZero() || len(p.Raw) == 0 {
			t.Errorf("incomplete post %+v", p)
		}
	}
}

func FuzzDecodeCSV(f *testing.F) {
	f.Add("external_id,text,created_at\n1,cold,1778567400\n")
	f.Add("\uFEFFexternal_id;text\r\n\"1\";\"a\r\n\"\"b\"\"\"\r\n")
	f.Add("text,url\n\"a,b\nc,d\n\"e\",f\n")
	f.Fuzz(func(t *testing.T, in string) { checkDecoded(t, in, CSV) })
}

func FuzzDecodeJSONL(f *testing.F) {
	f.Add(`{"external_id":570306133677760513,"text":"cold","created_at":"2026-05-12T08:30:00Z"}`)
	f.Add(`{"text":"a"}` + "\n" + `{"tex`)
	f.Fuzz(func(t *testing.T, in string) { checkDecoded(t, in, JSONL) })
}

// FuzzRoundTrip writes any text as both formats and reads it back.
func FuzzRoundTrip(f *testing.F) {
	f.Add("a \"quoted\"\nline; with, all")
	f.Add(strings.Repeat("f", 4000) + "\xcf") // what is not UTF-8 lies behind what is kept
	f.Fuzz(func(t *testing.T, text string) {
		want := Clean(text)
		if want == "" || !utf8.ValidString(text) || len(text) > passenger.MaxPostBytes || strings.ContainsRune(want, '\uFFFD') {
			t.Skip()
		}
		b, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{"url,text\n,\"" + strings.ReplaceAll(text, `"`, `""`) + "\"\n", string(b)} {
			got, refused := decode(strings.NewReader(in), options())
			if len(refused) > 0 || len(got) != 1 || got[0].Text != want {
				t.Errorf("%q came back as %v, refused %v", text, got, refused)
			}
		}
	})
}
