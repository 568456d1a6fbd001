package cases

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Evaluator moves a loop on; ground/dispatch is one.
type Evaluator interface {
	Evaluate(ctx context.Context, id passenger.LoopID) error
}

// Service turns posts into cases, and decisions of people about cases into loops. It is safe
// for concurrent use.
type Service struct {
	Store ground.Store
	Loops Evaluator
	Rand  io.Reader // crypto/rand in production
}

const (
	// threadFor is how long after its last post an open case takes in a further post of the
	// same account without a platform thread; arbitrary, two weeks of one story.
	threadFor = 14 * 24 * time.Hour
	// answerWithin is the response clock of a case (PRODUCT: 23 minutes average, aim 15).
	answerWithin = 15 * time.Minute
	// importBatch is how many posts one transaction takes: a flush of the disk each.
	importBatch = 500
)

func (s *Service) newID() (uuid.UUID, error) { return uuid.NewRandomFromReader(s.Rand) }
