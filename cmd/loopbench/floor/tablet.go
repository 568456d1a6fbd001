package floor

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Tablet is the near end. Its methods are called by one goroutine at a time.
type Tablet struct {
	*Store
	hc                *http.Client
	pull, push, watch *connect.Client[wrapperspb.BytesValue, wrapperspb.BytesValue]
}

// NewTablet opens a tablet with its store in dir; dictionary may be nil.
func NewTablet(dir, url string, dictionary []byte, hc *http.Client) (*Tablet, error) {
	s, err := OpenStore(dir)
	if err != nil {
		return nil, err
	}
	t, err := Share(s, url, dictionary, hc)
	if err != nil {
		s.Close()
	}
	return t, err
}

// Share makes a tablet on a store that others use too.
func Share(s *Store, url string, dictionary []byte, hc *http.Client) (*Tablet, error) {
	c, err := newCodec(dictionary)
	if err != nil {
		return nil, err
	}
	return c.tablet(s, url, hc), nil
}

func (c *codec) tablet(s *Store, url string, hc *http.Client) *Tablet {
	make := func(path string) *connect.Client[wrapperspb.BytesValue, wrapperspb.BytesValue] {
		return connect.NewClient[wrapperspb.BytesValue, wrapperspb.BytesValue](hc, url+path, c.client())
	}
	return &Tablet{s, hc, make(pullPath), make(pushPath), make(watchPath)}
}

// Disconnect gives up the connection: the next call makes a new one.
func (t *Tablet) Disconnect() { t.hc.CloseIdleConnections() }

// Tablets makes n tablets that share a store and an encoder, each with its own connection.
func Tablets(n int, s *Store, url string, client func() *http.Client) ([]*Tablet, error) {
	c, err := newCodec(nil)
	if err != nil {
		return nil, err
	}
	var out []*Tablet
	for range n {
		out = append(out, c.tablet(s, url, client()))
	}
	return out, nil
}

// H2C is an HTTP client that speaks h2 without TLS, on one connection.
func H2C() *http.Client {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{Protocols: p, DisableCompression: true}}
}

// Pull fetches the flight when there is news, and stores it in one batch. It reports whether
// there was.
func (t *Tablet) Pull(ctx context.Context) (news bool, err error) {
	seq, err := t.Get("seq")
	if err != nil {
		return false, err
	}
	ask := message{}
	if len(seq) == 8 {
		ask.seq = binary.BigEndian.Uint64(seq)
	}
	m, err := call(ctx, t.pull, ask)
	if err != nil || m.seq <= ask.seq {
		return false, err
	}
	return true, t.Put(append(flightRecords(m), seqRecord(m.seq))...)
}

func seqRecord(seq uint64) Record {
	return Record{"seq", binary.BigEndian.AppendUint64(nil, seq)}
}

// Write keeps one entry, durably. It begins with its id (see [Entry]).
func (t *Tablet) Write(prefix string, entry []byte) error {
	return t.Put(Record{prefix + string(entry[:idSize]), entry})
}

// Push sends the entries under a prefix and keeps that they were taken.
func (t *Tablet) Push(ctx context.Context, prefix string) error {
	all, err := t.All(prefix)
	if err != nil {
		return err
	}
	m := message{}
	for _, r := range all {
		m.entries = append(m.entries, r.Value)
	}
	res, err := call(ctx, t.push, m)
	if err != nil {
		return err
	}
	if res.seq != uint64(len(all)) {
		return fmt.Errorf("floor: %d of %d entries taken", res.seq, len(all))
	}
	return t.Put(Record{"acked/" + prefix, []byte{1}})
}

// Watch stores each note as it comes, durably, and then calls stored; ready is called once the
// stream stands.
func (t *Tablet) Watch(ctx context.Context, ready func(), stored func()) error {
	s, err := t.watch.CallServerStream(ctx, connect.NewRequest(message{}.pack()))
	if err != nil {
		return err
	}
	defer s.Close()
	for first := true; s.Receive(); first = false {
		if first {
			ready()
			continue
		}
		m, err := unpack(s.Msg())
		if err != nil {
			return err
		}
		records := []Record{seqRecord(m.seq)}
		for _, n := range m.notes {
			records = append(records, noteRecord(m.seq, n))
		}
		if err := t.Put(records...); err != nil {
			return err
		}
		stored()
	}
	return s.Err()
}

func call(ctx context.Context, c *connect.Client[wrapperspb.BytesValue, wrapperspb.BytesValue], m message) (message, error) {
	res, err := c.CallUnary(ctx, connect.NewRequest(m.pack()))
	if err != nil {
		return message{}, err
	}
	return unpack(res.Msg)
}
