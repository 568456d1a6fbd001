package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
)

type answerRow struct {
	bun.BaseModel `bun:"table:answers,alias:a"`
	ID            int64        `bun:"id,pk,autoincrement"`
	Key           string       `bun:"key"`
	Lang          string       `bun:"lang"`
	Topic         string       `bun:"topic"`
	Question      string       `bun:"question"`
	Answer        string       `bun:"answer"`
	Terms         list[string] `bun:"terms"`
	At            time.Time    `bun:"at,nullzero"`
}

func (r answerRow) noun() ground.PastAnswer {
	return ground.PastAnswer{Key: r.Key, Lang: r.Lang, Topic: r.Topic, Question: r.Question, Answer: r.Answer, Terms: r.Terms, At: utc(r.At)}
}

type answerTermRow struct {
	bun.BaseModel `bun:"table:answer_terms"`
	Lang          string `bun:"lang,pk"`
	Term          string `bun:"term,pk"`
	Answer        int64  `bun:"answer_id,pk"`
}

// InsertAnswer implements [ground.Answers].
func (t *tx) InsertAnswer(ctx context.Context, a ground.PastAnswer) (bool, error) {
	const op = "store.InsertAnswer"
	id, err := t.insertID(ctx, op, "id", &answerRow{Key: a.Key, Lang: a.Lang, Topic: a.Topic, Question: a.Question, Answer: a.Answer, Terms: a.Terms, At: micro(a.At)})
	if err != nil || id == 0 {
		return false, err
	}
	var rows []answerTermRow
	for _, term := range a.Terms {
		rows = append(rows, answerTermRow{Lang: a.Lang, Term: term, Answer: id})
	}
	for part := range slices.Chunk(rows, insertRows) {
		if _, err := t.NewInsert().Model(&part).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return false, t.fail(op, err)
		}
	}
	return true, nil
}

// AnswersLike implements [ground.Answers]. It looks the rarest terms up, so that it passes over
// little; a term that more than five thousand hold counts as held by all. At most two hundred
// are found.
func (t *tx) AnswersLike(ctx context.Context, lang string, terms []string) (p ground.AnswerPool, err error) {
	const op = "store.AnswersLike"
	p.Holding = map[string]int{}
	if err := t.NewSelect().Model((*answerRow)(nil)).ColumnExpr("COUNT(*)").Where("lang = ?", lang).Scan(ctx, &p.Total); err != nil || p.Total == 0 {
		return p, t.fail(op, err)
	}
	var held []string
	for _, term := range terms {
		if _, again := p.Holding[term]; again {
			continue
		}
		var n int
		some := t.NewSelect().Model((*answerTermRow)(nil)).ColumnExpr("1").Where("lang = ? AND term = ?", lang, term).Limit(commonTerm + 1)
		if err := t.NewSelect().TableExpr("(?) AS s", some).ColumnExpr("COUNT(*)").Scan(ctx, &n); err != nil {
			return p, t.fail(op, err)
		}
		if n > commonTerm {
			n = p.Total
		}
		if n > 0 {
			p.Holding[term] = n
			held = append(held, term)
		}
	}
	if len(held) == 0 {
		return p, nil
	}
	slices.SortStableFunc(held, func(a, b string) int { return cmp.Compare(p.Holding[a], p.Holding[b]) })
	rare := held[:min(len(held), rareTerms)]
	var ids []int64
	if err := t.NewSelect().Model((*answerTermRow)(nil)).ColumnExpr("answer_id").Where("lang = ? AND term IN (?)", lang, bun.List(rare)).
		GroupExpr("answer_id").OrderExpr("COUNT(*) DESC, answer_id DESC").Limit(answersFound).Scan(ctx, &ids); err != nil {
		return p, t.fail(op, err)
	}
	var rows []answerRow
	if err := t.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return p, t.fail(op, err)
	}
	byID := map[int64]answerRow{}
	for _, r := range rows {
		byID[r.ID] = r
	}
	for _, id := range ids {
		p.Found = append(p.Found, byID[id].noun())
	}
	return p, nil
}
