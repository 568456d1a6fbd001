package passenger

import "slices"

// HandInReason says why a tablet was handed in although some entries were on no other device.
type HandInReason string

// The reasons, as a purser chooses them.
const (
	NoTabletInReach HandInReason = "no-tablet" // no other tablet, and no ground, is in reach
	NoTimeToWait    HandInReason = "no-time"   // the crew has to leave
	TabletFailing   HandInReason = "failing"   // battery or device fails
	OtherHandIn     HandInReason = "other"
)

// HandInReasons lists the reasons in the order in which they are shown.
var HandInReasons = []HandInReason{NoTabletInReach, NoTimeToWait, TabletFailing, OtherHandIn}

// ParseHandInReason reads a reason. Errors: invalid.
func ParseHandInReason(s string) (HandInReason, error) {
	if r := HandInReason(s); slices.Contains(HandInReasons, r) {
		return r, nil
	}
	return "", Errorf(Invalid, "passenger.ParseHandInReason", "a reason to hand in anyway is one of no-tablet, no-time, failing, other")
}
