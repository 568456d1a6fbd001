package seldom

import (
	"slices"
	"testing"
)

func TestAgain(t *testing.T) {
	var c Counter[string]
	var said []int
	for i := range 1000 {
		n, say := c.Again("a")
		if n != i+1 {
			t.Fatalf("the %dth time is counted as %d", i+1, n)
		}
		if say {
			said = append(said, n)
		}
	}
	if want := []int{1, 10, 100, 1000}; !slices.Equal(said, want) {
		t.Errorf("said at %v, want %v", said, want)
	}
	if n, say := c.Again("b"); n != 1 || !say {
		t.Errorf("another thing: %d, %v", n, say)
	}
}

func TestItsMemoryIsBounded(t *testing.T) {
	var c Counter[int]
	for i := range 3 * most {
		c.Again(i)
	}
	if len(c.n) > most {
		t.Errorf("%d things are kept, want at most %d", len(c.n), most)
	}
}
