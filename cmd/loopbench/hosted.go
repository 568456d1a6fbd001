package main

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// hosted is a ground in this process, over the site's database: the same parts as ground serve
// puts together, so that the call that writes a note can be timed from within.
type hosted struct {
	db       *store.DB
	dispatch *dispatch.Service
	cases    *cases.Service
	tablets  *auth.Tablets
	addr     string
	stop     func()
}

func (s *site) host() (h *hosted, err error) {
	h = &hosted{}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	if h.db, err = store.Open(s.ctx, s.db, store.Options{Now: s.now, Log: log}); err != nil {
		return nil, err
	}
	pair, err := keys.Open(filepath.Join(s.dir, keyFile), rand.Reader)
	if err != nil {
		return nil, err
	}
	sign, agree := pair.Signer(), pair.Agreer()
	h.dispatch = dispatch.New(dispatch.Config{Store: h.db, Rand: rand.Reader, Log: log, Sign: sign, Agree: agree})
	h.cases = &cases.Service{Store: h.db, Loops: h.dispatch, Rand: rand.Reader}
	h.tablets = &auth.Tablets{Store: h.db, Rand: rand.Reader, Dispatch: h.dispatch, Ground: passenger.PublicKeys{Sign: sign.Public(), Agree: agree.Public()}}
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(struct {
		*auth.Tablets
		*dispatch.Service
	}{h.tablets, h.dispatch}, crewapi.Options{Log: log, Now: s.now}))
	h.addr, h.stop, err = floor.Listen(mux, "127.0.0.1:0")
	return h, err
}

func (h *hosted) close() error {
	h.stop()
	return h.db.Close()
}
