package social

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
)

func decodeAnswers(in string) (as []ground.PastAnswer, refused []string) {
	for a, wrong := range DecodeAnswers(strings.NewReader(in), Options{File: "f"}) {
		if wrong != nil {
			refused = append(refused, wrong.Error())
			continue
		}
		as = append(as, a)
	}
	return as, refused
}

func TestDecodeAnswers(t *testing.T) {
	t.Parallel()
	want := []ground.PastAnswer{{Key: "17854612345678901", Lang: "pt", Topic: "meal", Question: "Cold,\nagain", Answer: "Sorry \"indeed\""}}
	for name, in := range map[string]string{
		"csv":   "\uFEFFID,Language,Topic,Question,Answer,Agent\n17854612345678901,pt-BR,Meal,\"Cold,\r\nagain\",\"Sorry \"\"indeed\"\"\",MK\n",
		"jsonl": `{"external_id":17854612345678901,"lang":"pt_BR","topic":"meal","question":"Cold,\nagain","answer":"Sorry \"indeed\""}`,
	} {
		got, refused := decodeAnswers(in)
		if d := cmp.Diff(want, got); d != "" || refused != nil {
			t.Errorf("%s: refused %q (-want +got)\n%s", name, refused, d)
		}
	}
}

func TestAnswersRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                                     "f:1: the file is empty",
		"question,language\nq,en\n":                            "f:1: the header has no column answer; the first line must name the columns",
		"answer,question,language\n,q,en\n":                    "f:2: answer: the answer is empty",
		"answer,question,language\na,,en\n":                    "f:2: question: the question is empty",
		"answer,question,language\na,q,\n":                     "f:2: language: name the language of the answer: en, nl, pt-BR",
		"answer,question,language\na,q,und\n":                  "f:2: language: name the language of the answer: en, nl, pt-BR",
		"answer,question,language,id\na,q,en,1.7E+17\n":        "f:2: id: a spreadsheet rewrote this id as a number and its digits are lost; export again with the column as text",
		`{"answer":1,"question":"q","lang":"en"}`:              "f:1: answer: must be text",
		`{"answer":"a","question":"q","lang":"en","topic":[]}`: "f:1: topic: must be text",
		"answer,question,language\n" + strings.Repeat("a", 1<<15) + ",q,en\n": "",
	} {
		as, refused := decodeAnswers(in)
		if len(as) != 0 || len(refused) != 1 || want != "" && refused[0] != want {
			t.Errorf("%.60q: %d taken, refused %q, want %q", in, len(as), refused, want)
		}
	}
}

func FuzzDecodeAnswers(f *testing.F) {
	f.Add("question,answer,language\nq,a,en\n")
	f.Add(`{"question":"q","answer":"a","lang":"nl"}`)
	f.Add("question;answer;language\n\"q\nq\";a;nl\n")
	f.Fuzz(func(t *testing.T, in string) {
		as, _ := decodeAnswers(in)
		for _, a := range as {
			if a.Question == "" || a.Answer == "" || a.Lang == "" || Clean(a.Answer) != a.Answer {
				t.Errorf("%q gave %+v", in, a)
			}
		}
	})
}
