package crewapi

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
)

type tabletKey struct{}

func withTablet(ctx context.Context, id passenger.TabletID) context.Context {
	return context.WithValue(ctx, tabletKey{}, id)
}

// tabletFrom returns the tablet that the auth interceptor found; zero for an open call.
func tabletFrom(ctx context.Context) passenger.TabletID {
	id, _ := ctx.Value(tabletKey{}).(passenger.TabletID)
	return id
}
