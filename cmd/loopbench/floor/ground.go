package floor

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"sync"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Ground is the other end. It is safe for concurrent use.
type Ground struct {
	store *Store
	codec *codec

	mu   sync.Mutex
	seq  uint64
	subs map[chan message]struct{}
}

// NewGround opens a ground with its store in dir; dictionary may be nil.
func NewGround(dir string, dictionary []byte) (*Ground, error) {
	c, err := newCodec(dictionary)
	if err != nil {
		return nil, err
	}
	s, err := OpenStore(dir)
	if err != nil {
		return nil, err
	}
	return &Ground{store: s, codec: c, subs: map[chan message]struct{}{}}, nil
}

// Close closes the store.
func (g *Ground) Close() error { return g.store.Close() }

// Seed stores a flight.
func (g *Ground) Seed(passengers, notes [][]byte) error {
	g.mu.Lock()
	g.seq++
	g.mu.Unlock()
	return g.store.Put(flightRecords(message{passengers: passengers, notes: notes})...)
}

// Publish stores one note more, durably, and sends it to every watcher.
func (g *Ground) Publish(note []byte) error {
	g.mu.Lock()
	g.seq++
	m := message{seq: g.seq, notes: [][]byte{note}}
	g.mu.Unlock()
	if err := g.store.Put(noteRecord(m.seq, note)); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for ch := range g.subs {
		select {
		case ch <- m:
		default:
			return fmt.Errorf("floor: a watcher is %d notes behind", cap(ch))
		}
	}
	return nil
}

// Entries counts what tablets pushed.
func (g *Ground) Entries() (int, error) {
	all, err := g.store.All("f/")
	return len(all), err
}

// Handler answers tablets.
func (g *Ground) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(pullPath, connect.NewUnaryHandler(pullPath, g.pull, g.codec.handler()))
	mux.Handle(pushPath, connect.NewUnaryHandler(pushPath, g.push, g.codec.handler()))
	mux.Handle(watchPath, connect.NewServerStreamHandler(watchPath, g.watch, g.codec.handler()))
	return mux
}

type (
	request  = connect.Request[wrapperspb.BytesValue]
	response = connect.Response[wrapperspb.BytesValue]
	stream   = connect.ServerStream[wrapperspb.BytesValue]
)

func (g *Ground) pull(_ context.Context, r *request) (*response, error) {
	asked, err := unpack(r.Msg)
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	g.mu.Lock()
	out := message{seq: g.seq}
	g.mu.Unlock()
	if asked.seq < out.seq {
		for prefix, list := range map[string]*[][]byte{"p/": &out.passengers, "n/": &out.notes} {
			records, err := g.store.All(prefix)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				*list = append(*list, r.Value)
			}
		}
	}
	return connect.NewResponse(out.pack()), nil
}

func (g *Ground) push(_ context.Context, r *request) (*response, error) {
	m, err := unpack(r.Msg)
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	var records []Record
	for _, e := range m.entries {
		if len(e) < idSize {
			return nil, connect.NewError(connect.CodeInvalidArgument, errMessage)
		}
		records = append(records, Record{"f/" + string(e[:idSize]), e})
	}
	if _, err := g.store.Add(records...); err != nil {
		return nil, err
	}
	return connect.NewResponse(message{seq: uint64(len(records))}.pack()), nil
}

// backlog is how many notes a watcher may be behind.
const backlog = 1024

func (g *Ground) watch(ctx context.Context, _ *request, s *stream) error {
	ch := make(chan message, backlog)
	g.mu.Lock()
	g.subs[ch] = struct{}{}
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.subs, ch)
		g.mu.Unlock()
	}()
	if err := s.Send(message{}.pack()); err != nil { // it stands
		return err
	}
	for {
		select {
		case m := <-ch:
			if err := s.Send(m.pack()); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func flightRecords(m message) []Record {
	var out []Record
	for i, v := range m.passengers {
		out = append(out, Record{"p/" + string(binary.BigEndian.AppendUint16(nil, uint16(i))), v})
	}
	for i, v := range m.notes {
		out = append(out, noteRecord(uint64(i), v))
	}
	return out
}

// noteRecord files a note by when it came.
func noteRecord(n uint64, note []byte) Record {
	return Record{"n/" + string(binary.BigEndian.AppendUint64(nil, n<<16|uint64(len(note)&0xffff))), note}
}
