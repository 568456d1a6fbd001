package screen

import (
	"bytes"
	"crypto/rand"
	"testing"
)

func TestNoncesCount(t *testing.T) {
	t.Parallel()
	var n nonces
	for _, want := range []string{"fffffffffffffffe", "ffffffffffffffff", "0000000000000001", "0000000000000002"} {
		if got, err := n.next(bytes.NewReader([]byte{255, 255, 255, 255, 255, 255, 255, 253})); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	var a, b nonces
	x, _ := a.next(rand.Reader)
	if y, _ := b.next(rand.Reader); x == y {
		t.Error("two starts count the same forms")
	}
	if _, err := new(nonces).next(bytes.NewReader(nil)); err == nil {
		t.Error("a nonce without randomness")
	}
}
