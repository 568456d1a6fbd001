package conformance_test

import (
	"crypto/sha256"
	"encoding/binary"
)

// run is a Run with its ops unpacked.
type run struct {
	author, first uint64
	ops           [][]byte
	head, sig     []byte
}

func (r run) last() uint64 { return r.first + uint64(len(r.ops)) - 1 }

type request struct {
	version, me, mine, budget, dict uint64
	nonce                           []byte
	group, incarnation              []byte
	have                            []uint64
	runs                            []run
	claims                          map[uint64][]byte
}

type response struct {
	version, digest, dict uint64
	answerTo              []byte
	have                  []uint64
	runs                  []run
	more                  bool
	again                 []uint64
	receipts              []run // author, first = seq, head, sig
}

func (u *unpacker) run(b []byte) (r run, err error) {
	fs, err := fields(b)
	if err != nil {
		return r, err
	}
	var id uint64
	var body []byte
	for _, f := range fs {
		switch f.id {
		case 1:
			r.author = f.num
		case 2:
			r.first = f.num
		case 3:
			id = f.num
		case 4:
			body = f.data
		case 5:
			r.head = f.data
		case 6:
			r.sig = f.data
		}
	}
	r.ops, err = u.unpack(id, body)
	return r, err
}

func (u *unpacker) request(b []byte) (r request, err error) {
	fs, err := fields(b)
	if err != nil {
		return r, err
	}
	r.claims = map[uint64][]byte{}
	for _, f := range fs {
		switch f.id {
		case 1:
			r.version = f.num
		case 2:
			r.group = f.data
		case 3:
			r.me = f.num
		case 4:
			r.incarnation = f.data
		case 5:
			r.have, _ = unpackVector(f.data)
		case 6:
			r.mine = binary.LittleEndian.Uint64(f.data)
		case 7:
			x, err := u.run(f.data)
			if err != nil {
				return r, err
			}
			r.runs = append(r.runs, x)
		case 8:
			r.budget = f.num
		case 9:
			var author uint64
			var head []byte
			inner, err := fields(f.data)
			if err != nil {
				return r, err
			}
			for _, g := range inner {
				if g.id == 1 {
					author = g.num
				} else if g.id == 2 {
					head = g.data
				}
			}
			r.claims[author] = head
		case 10:
			r.dict = f.num
		case 11:
			r.nonce = f.data
		}
	}
	return r, nil
}

// answerTo is what an answer to the question must say.
func (r request) answerTo() []byte {
	b := append([]byte("cabinloop answer 1\x00"), r.nonce...)
	b = append(b, r.group...)
	b = binary.BigEndian.AppendUint32(b, uint32(r.me))
	h := sha256.Sum256(binary.BigEndian.AppendUint64(b, r.mine))
	return h[:8]
}

func (u *unpacker) response(b []byte) (r response, err error) {
	fs, err := fields(b)
	if err != nil {
		return r, err
	}
	for _, f := range fs {
		switch f.id {
		case 1:
			r.version = f.num
		case 2:
			r.have, _ = unpackVector(f.data)
		case 3:
			r.digest = binary.LittleEndian.Uint64(f.data)
		case 4:
			x, err := u.run(f.data)
			if err != nil {
				return r, err
			}
			r.runs = append(r.runs, x)
		case 5:
			r.more = f.num != 0
		case 6:
			if f.wire == 0 {
				r.again = append(r.again, f.num)
				continue
			}
			vs, ok := varints(f.data)
			if !ok {
				return r, errMalformed
			}
			r.again = append(r.again, vs...)
		case 9:
			r.answerTo = f.data
		case 7:
			inner, err := fields(f.data)
			if err != nil {
				return r, err
			}
			var c run
			for _, g := range inner {
				switch g.id {
				case 1:
					c.author = g.num
				case 2:
					c.first = g.num
				case 3:
					c.head = g.data
				case 4:
					c.sig = g.data
				}
			}
			r.receipts = append(r.receipts, c)
		case 8:
			r.dict = f.num
		}
	}
	return r, nil
}
