package social

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// answerColumns are the columns of a past answer.
var answerColumns = columnNames{
	"id": {"id", 2}, "external_id": {"id", 1}, "question": {"question", 1}, "answer": {"answer", 1},
	"language": {"language", 2}, "lang": {"language", 1}, "topic": {"topic", 1},
}

// DecodeAnswers reads the airline's past questions and answers, in the order of the file, by the
// rules of [DecodePosts]: CSV or JSONL with question, answer, language ("nl", "nl-BE"), and, if
// the file has them, id and topic. Each step yields an answer, cleaned but not masked, or a
// refusal. Of opt, Format and File count.
func DecodeAnswers(r io.Reader, opt Options) iter.Seq2[ground.PastAnswer, *RowError] {
	return decodeRows(r, opt, answerColumns, "answer", makeAnswer)
}

func makeAnswer(get func(string) value, raw []byte) (a ground.PastAnswer, field, reason string) {
	if !utf8.Valid(raw) {
		return a, "", "the row is not UTF-8; save the file as UTF-8"
	}
	if a.Key, reason = cleanID(get("id")); reason != "" {
		return a, "id", reason
	}
	for _, t := range []struct {
		column string
		to     *string
	}{{"question", &a.Question}, {"answer", &a.Answer}} {
		v := get(t.column)
		switch n := len(v.text); {
		case v.wrong || v.number:
			return a, t.column, "must be text"
		case n > passenger.MaxPostBytes:
			return a, t.column, fmt.Sprintf("the text has %d bytes; at most %d fit", n, passenger.MaxPostBytes)
		}
		if *t.to = Clean(v.text); *t.to == "" {
			return a, t.column, "the " + t.column + " is empty"
		}
	}
	lang := get("language")
	if lang.wrong || !langRE.MatchString(lang.text) || lang.text == "und" {
		return a, "language", "name the language of the answer: en, nl, pt-BR"
	}
	a.Lang = strings.ToLower(lang.text[:strings.IndexAny(lang.text+"-", "-_")])
	topic := get("topic")
	if topic.wrong {
		return a, "topic", "must be text"
	}
	a.Topic = strings.ToLower(CleanLine(topic.text))
	return a, "", ""
}
