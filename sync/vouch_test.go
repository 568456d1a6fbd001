package sync

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// Ground comes back from a backup twice, and then hears of both histories that it lost. Tablet 2
// binds the lane that the second history moved to before it holds the op that says so; what stands
// in there moves nothing until then: a note that was taken back stays so at every exchange.
//
//	backup      0: 1 … 6              3: 1
//	tablet 0    0: 1 … 6 ─ 7                             first: seen last
//	tablet 1    0: 1 … 6 ─ 7'         3: 1 ─ 2'          then: seen second
//	tablet 2    0: 1 … 6 ─ 7"         3: 1 ─ 2" (retract)
//	ground      7" and 2" go to lanes of their own by 8' and 9', then 7'─ 8'─ 9' by 8
func TestScenarioGroundRestoredTwice(t *testing.T) {
	for _, budget := range []int{0, 1, 300, 600, 900} {
		c := newCrew(t, 3)
		n := c.ground.write(Notes, NoteDraft(testNote(1)))[0]
		c.all()
		backup := c.ground.store.Clone()
		moved := []passenger.Movement{passenger.Boarding, passenger.DoorsClosed, passenger.Off}
		for i, m := range moved {
			c.ground.store, c.ground.salt = backup.Clone(), byte(100+20*i)
			c.ground.reload()
			c.ground.write(Admin, MovementFact{Word: m, At: t0}.Draft())
			switch i {
			case 1:
				c.ground.write(Notes, NoteDraft(testNote(2)))
			case 2:
				c.ground.write(Notes, RetractDraft(n, 1, RetractMoved))
			}
			c.sync(i)
		}
		c.sync(1)
		c.sync(0)
		for i := range 80 {
			c.once(2, budget)
			if got := c.tablets[2].note(n); got.Retracted != RetractMoved {
				t.Fatalf("budget %d, exchange %d: the note shows again", budget, i+1)
			}
		}
		c.all()
		v := c.same()
		for _, m := range moved {
			if _, ok := v.Moved(m); !ok {
				t.Errorf("budget %d: the movement %s is lost: %+v", budget, m, v.Movements)
			}
		}
	}
}
