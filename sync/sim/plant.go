package sim

// Plant is a bug of a driver or a store that a run can be given.
type Plant string

// The planted bugs.
const (
	NoPlant            Plant = ""
	AckBeforePersist   Plant = "ack-before-persist"    // a tablet says "saved" and persists with the next event
	SkipDedupe         Plant = "skip-dedupe"           // ground works the effects of every op in a request
	MarkSentOnSend     Plant = "mark-sent-on-send"     // a tablet takes what it sent for received
	HalfBatch          Plant = "half-batch"            // a crash leaves the state with half of its ops
	ClaimGap           Plant = "claim-gap"             // ground's vector says one op too many
	DropUnknown        Plant = "drop-unknown-kinds"    // an older tablet does not forward what it does not know
	Resurrect          Plant = "resurrect-retracted"   // a view forgets retracts over a restart
	AnswerFirst        Plant = "answer-before-persist" // ground answers before its batch is durable
	KeepReplica        Plant = "keep-stale-replica"    // a driver steps on after a batch that was not persisted
	RestampOnResend    Plant = "rewrite-after-restart" // a tablet writes its last entry again after a restart
	SkipHave           Plant = "skip-have"             // a tablet does not tell what it holds
	LastArrivalDecides Plant = "last-arrival-decides"  // a view keeps only the outcome that came last
)

// Plants lists every planted bug.
var Plants = []Plant{AckBeforePersist, SkipDedupe, MarkSentOnSend, HalfBatch, ClaimGap, DropUnknown, Resurrect,
	AnswerFirst, KeepReplica, RestampOnResend, SkipHave, LastArrivalDecides}
