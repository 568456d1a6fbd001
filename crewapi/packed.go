package crewapi

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/cabinloop/cabinloop/crewapi/pack"
)

// packed remembers how runs were packed: what one tablet of a flight is sent, the others are sent
// too, and packing is most of what an answer costs. What is packed depends on the ops alone, so that
// nothing makes it stale. It keeps between maxPacked and twice that many bytes, the newest. The nil
// packed remembers nothing. It is safe for concurrent use.
type packed struct {
	mu       sync.Mutex
	now, old map[packedKey]packedOps
	size     int // of now, bytes
	busy     singleflight.Group
}

type packedKey struct {
	peer uint32 // the newest dictionary of the receiver
	ops  [sha256.Size]byte
}

type packedOps struct {
	dict uint32
	body []byte // nobody changes it
}

// pack is [pack.Pack] for a receiver; the body is not the caller's to change.
func (p *packed) pack(ops [][]byte, peer uint32) (dict uint32, body []byte) {
	if p == nil {
		return pack.Pack(ops, pack.UpTo(peer)...)
	}
	h := sha256.New()
	var n [8]byte
	for _, o := range ops {
		h.Write(binary.LittleEndian.AppendUint64(n[:0], uint64(len(o))))
		h.Write(o)
	}
	k := packedKey{peer: peer}
	h.Sum(k.ops[:0])
	if x, ok := p.find(k); ok {
		return x.dict, x.body
	}
	// A crew that lands asks for the same within a moment.
	x, _, _ := p.busy.Do(string(binary.LittleEndian.AppendUint32(k.ops[:], peer)), func() (any, error) {
		var x packedOps
		x.dict, x.body = pack.Pack(ops, pack.UpTo(peer)...)
		p.keep(k, x)
		return x, nil
	})
	return x.(packedOps).dict, x.(packedOps).body
}

func (p *packed) find(k packedKey) (packedOps, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x, ok := p.now[k]; ok {
		return x, true
	}
	x, ok := p.old[k]
	if ok {
		p.add(k, x)
	}
	return x, ok
}

func (p *packed) keep(k packedKey, x packedOps) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(k, x)
}

// add adds to the newest; the caller holds mu.
func (p *packed) add(k packedKey, x packedOps) {
	if _, ok := p.now[k]; ok {
		return
	}
	if size := p.size + len(k.ops) + len(x.body); p.now == nil || size > maxPacked {
		p.now, p.old, p.size = map[packedKey]packedOps{}, p.now, 0
	}
	p.now[k] = x
	p.size += len(k.ops) + len(x.body)
}
