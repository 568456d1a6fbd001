package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/console"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// sweepEvery is how often time alone is looked at: stages, seals, waiting loops. Arbitrary;
// everything that is not a matter of time is evaluated when it happens.
const sweepEvery = 5 * time.Second

// A sweep looks at every standing loop, 3 ms each (measured): 250 loops took a sixth of a core. It
// rests sweepShare times as long as it took, so that it takes a core's twentieth at most, but no
// longer than sweepLatest: the next stage or seal waits for it. Both arbitrary.
const (
	sweepShare  = 20
	sweepLatest = time.Minute
)

// rest is how long the sweep rests after one that took so long.
func rest(took time.Duration) time.Duration {
	return min(max(sweepEvery, sweepShare*took), sweepLatest)
}

type serveCmd struct {
	journalFlag
	Listen string `help:"Address to listen on." default:":8080" env:"CABINLOOP_LISTEN"`
	Cert   string `help:"TLS certificate file (PEM). Needed for any address but loopback." type:"existingfile"`
	Key    string `help:"TLS key file (PEM)." type:"existingfile"`
}

// crossing is what tablets may ask of the ground.
type crossing struct {
	*auth.Tablets
	*dispatch.Service
}

func (c *serveCmd) Run(a *app) error {
	ln, err := c.listen()
	if err != nil {
		return err
	}
	defer ln.Close()
	var pair *certFiles
	if c.Cert != "" {
		if pair, err = openCert(c.Cert, c.Key, time.Now, a.log); err != nil {
			return err
		}
	}
	if err := a.begin(); err != nil {
		return err
	}
	// A database that was put back by hand must not serve anybody whom the journal erased.
	if did, err := a.subjects(c.journal(a.DB)).Replay(a.ctx, "rule"); err != nil {
		return err
	} else if did.Repeated > 0 {
		fmt.Fprintf(a.Err, "ground: %d erasures of the journal repeated\n", did.Repeated)
	}
	name, password, err := a.users.First(a.ctx)
	if err != nil {
		return err
	}
	if password != "" {
		fmt.Fprintf(a.Err, "ground: first administrator: sign in as %q with the one-time password %s\n", name, password)
	}
	watch := newClockwatch(a)
	if err := watch.begin(a.ctx); err != nil {
		return err
	}
	handler, err := a.handler(pair)
	if err != nil {
		return err
	}
	scheme := "http"
	if c.Cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(a.Err, "ground: listening on %s://%s\n", scheme, display(ln.Addr()))
	return a.serve(ln, watch.guard(handler), watch, pair)
}

func (c *serveCmd) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, cli.UsageError{Text: "--listen takes HOST:PORT or :PORT"}
	}
	if c.Cert == "" && host != "localhost" && !loopback(host) {
		if host != "" {
			return nil, cli.UsageError{Text: "without --cert and --key the ground listens on loopback only: tokens must not cross a network in the clear"}
		}
		// ":8080" without a certificate means loopback.
		_, port, _ := net.SplitHostPort(c.Listen)
		return net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	}
	return listen(c.Listen)
}

const (
	// keepTablets is how long an idle connection is kept: tablets on SATCOM ask every half hour, and
	// a new connection costs them eight times what the question does. They drop theirs after 40 minutes.
	keepTablets = 45 * time.Minute
	// probeAfter is when a silent peer is first asked by TCP whether it is there. The usual 15 s would
	// cost a tablet on SATCOM more than everything it says.
	probeAfter, probeEvery, probes = 20 * time.Minute, 5 * time.Minute, 3
)

func listen(address string) (net.Listener, error) {
	c := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEvery, Count: probes}}
	return c.Listen(context.Background(), "tcp", address)
}

func loopback(host string) bool { ip := net.ParseIP(host); return ip != nil && ip.IsLoopback() }

func display(a net.Addr) string { return a.String() }

func (a *app) handler(pair *certFiles) (http.Handler, error) {
	var certificate func() (time.Time, bool)
	if pair != nil {
		certificate = pair.near
	}
	pages, err := console.New(console.Config{Store: a.db, Sessions: a.db.Sessions(), Cases: a.cases, Dispatch: a.dispatch,
		FollowUps: a.followup, Users: a.users, Tablets: a.tablets, Now: a.now, Rand: rand.Reader, Log: a.log, Secure: pair != nil, Certificate: certificate})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(crossing{a.tablets, a.dispatch}, crewapi.Options{Log: a.log, Now: a.now}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/", pages)
	return mux, nil
}

// serve runs the server and the sweep until the context ends, then drains.
func (a *app) serve(ln net.Listener, handler http.Handler, watch *clockwatch, pair *certFiles) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	group, ctx := errgroup.WithContext(a.ctx)
	// No WriteTimeout: watches and event streams live long. Each handler bounds its own reads.
	srv := &http.Server{Handler: handler, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: keepTablets,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	group.Go(func() error {
		var err error
		if pair != nil {
			srv.TLSConfig = &tls.Config{GetCertificate: pair.get}
			err = srv.ServeTLS(ln, "", "")
		} else {
			err = srv.Serve(ln)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	})
	group.Go(func() error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(drain); err != nil {
			return srv.Close()
		}
		return nil
	})
	group.Go(func() error { return watch.run(ctx) })
	group.Go(func() error { return a.sweep(ctx, watch) })
	return group.Wait()
}

// sweep moves on what time alone moves. A failed round is logged and tried again: it is
// level-triggered, so nothing is lost.
func (a *app) sweep(ctx context.Context, watch *clockwatch) error {
	tick := time.NewTimer(0)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if watch.why() != "" {
			tick.Reset(sweepEvery)
			continue
		}
		begun := time.Now() // of the machine: a.now may stand still
		if err := a.dispatch.Sweep(ctx, a.now()); err != nil && ctx.Err() == nil {
			a.log.Error("sweep", "err", err, "kind", string(passenger.CodeOf(err)))
		}
		tick.Reset(rest(time.Since(begun)))
	}
}
