package store

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// searchFor makes the condition of a search. Words that few posts hold are looked up first, in
// one pass; for words that many hold, the condition is common.
func (t *tx) searchFor(ctx context.Context, op string, words string, common where) (where, error) {
	if words == "" {
		return func(q *bun.SelectQuery) *bun.SelectQuery { return q }, nil
	}
	var ids []uuid.UUID
	err := t.postsWith(words).Limit(rareHits+1).Scan(ctx, &ids)
	switch {
	case err != nil:
		return nil, t.fail(op, err)
	case len(ids) == 0:
		return by("FALSE"), nil
	case len(ids) <= rareHits:
		return by("c.id IN (?)", bun.List(ids)), nil
	}
	return common, nil
}

// caseHolds tries one case after the other: for a page, which is soon full.
func caseHolds(words string) where {
	return by("EXISTS (SELECT 1 FROM post_words AS w WHERE w.case_id = c.id AND "+wordsLike+")", likePattern(words))
}

// postsWith selects the cases of the posts that hold folded words anywhere. SQLite asks the
// index post_search for the posts that hold all their letters by threes; PostgreSQL uses its
// index by itself, where the migration could make one.
func (t *tx) postsWith(words string) *bun.SelectQuery {
	q := t.NewSelect().TableExpr("post_words AS w").ColumnExpr("w.case_id")
	if threes := byThrees(words); t.engine == sqlite && threes != "" {
		q = t.NewSelect().TableExpr("post_search AS s").Join("JOIN post_words AS w ON w.post_id = s.rowid").ColumnExpr("w.case_id").
			Where("post_search MATCH ?", threes)
	}
	return q.Where(wordsLike, likePattern(words))
}

// byThrees asks a trigram index for words: "meals" is "mea" AND "als". Threes that overlap more would
// only be more lists to walk. "" for fewer than three letters.
func byThrees(words string) string {
	rs := []rune(words)
	if len(rs) < 3 {
		return ""
	}
	var out []string
	for at := 0; at < len(rs); at += 3 {
		at = min(at, len(rs)-3)
		out = append(out, `"`+strings.ReplaceAll(string(rs[at:at+3]), `"`, `""`)+`"`)
	}
	return strings.Join(slices.Compact(out), " AND ")
}

const wordsLike = `w.words LIKE ? ESCAPE '\'`

// likePattern finds folded words anywhere.
func likePattern(words string) string { return "%" + likeEscape.Replace(words) + "%" }

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// fold makes text comparable without regard to case and to the kind of blank.
func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
