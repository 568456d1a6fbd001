package crewapi

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Ground is what stands behind the handler. Implementations are safe for concurrent use; their
// errors are [passenger.Error] and only the public text crosses.
type Ground interface {
	// Enrol trades a code for an identity; device are the device's keys, and what proves that it is
	// one that ground knows. Errors: invalid, forbidden for a used or stale code.
	Enrol(ctx context.Context, code, deviceName string, device passenger.Device) (passenger.Enrolment, error)
	// Authenticate says whose token it is. Errors: signed_out.
	Authenticate(ctx context.Context, token string) (passenger.TabletID, error)
	// Flights lists a page of the flights of a tablet; ground wraps the keys that the tablet does not
	// hold. Errors: invalid for a page that there is not.
	Flights(ctx context.Context, tablet passenger.TabletID, ask passenger.DutiesAsk) (passenger.Duties, error)
	// First answers what a frame of a stream would tell a tablet that holds have of a flight, within
	// a budget of ops, bytes; nil when that is nothing, or the flight is not the tablet's. It changes
	// nothing.
	First(ctx context.Context, tablet passenger.TabletID, flight passenger.FlightID, have flightsync.Vector, budget int) (*flightsync.Response, error)
	// Exchange takes one exchange. Its effects are durable before it returns.
	Exchange(ctx context.Context, tablet passenger.TabletID, req flightsync.Request) (flightsync.Response, error)
	// Deliver takes sealed runs as an exchange would take them open. receipts holds for each run
	// ground's signature of its [flightsync.SealedRun.ReceiptMessage], or nothing while ground does not
	// durably hold every op of it.
	Deliver(ctx context.Context, tablet passenger.TabletID, group passenger.FlightID, runs []flightsync.SealedRun) (receipts [][]byte, err error)
	// HandOver takes sealed runs of a device whose access ended, which proves its key; nothing of the
	// flight is given back. receipts are as for Deliver, made out to the tablet that the device was.
	// access is how it stands. Errors: not_found, forbidden for a bad proof or a tablet that was never
	// on the flight's crew list, too_much.
	HandOver(ctx context.Context, h flightsync.HandOver) (receipts [][]byte, access passenger.Access, err error)
	// Watch sends frames until ctx ends, or returns nil when the tablet's list of flights changed.
	// send may be called from one goroutine at a time. have is the callee's to keep.
	Watch(ctx context.Context, tablet passenger.TabletID, have map[passenger.FlightID]flightsync.Vector,
		send func(passenger.FlightID, flightsync.Response) error) error
}
