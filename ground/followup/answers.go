package followup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

// importBatch is how many past answers one transaction takes; as for posts.
const importBatch = 500

// ImportAnswers takes past answers in, batch by batch; each batch is durable when the next
// begins. Texts are masked before anything is stored. An answer whose key is known changes
// nothing; one without a key gets one made of its masked content. progress is called after each
// batch with the answers done so far, when not nil.
func (s *Service) ImportAnswers(ctx context.Context, as []ground.PastAnswer, progress func(int)) (taken, duplicate int, err error) {
	for batch := range slices.Chunk(as, importBatch) {
		ready := make([]ground.PastAnswer, len(batch))
		for i, a := range batch {
			ready[i] = masked(a)
		}
		var fresh int
		if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
			fresh = 0
			for _, a := range ready {
				a.At = tx.Now()
				ok, err := tx.InsertAnswer(ctx, a)
				if err != nil {
					return err
				}
				if ok {
					fresh++
				}
			}
			return nil
		}); err != nil {
			return taken, duplicate, err
		}
		taken, duplicate = taken+fresh, duplicate+len(batch)-fresh
		if progress != nil {
			progress(taken + duplicate)
		}
	}
	return taken, duplicate, nil
}

// masked makes an answer as it is stored.
func masked(a ground.PastAnswer) ground.PastAnswer {
	a.Question, a.Answer = privacy.Mask(a.Question), privacy.Mask(a.Answer)
	for strings.HasPrefix(a.Answer, privacy.MaskedHandle) { // whom it was written to
		a.Answer = strings.TrimSpace(strings.TrimPrefix(a.Answer, privacy.MaskedHandle))
	}
	a.Terms = terms(a.Question)
	if a.Key == "" {
		sum := sha256.Sum256([]byte(strings.Join([]string{a.Lang, a.Question, a.Answer}, "\x00")))
		a.Key = "h:" + hex.EncodeToString(sum[:16])
	}
	return a
}
