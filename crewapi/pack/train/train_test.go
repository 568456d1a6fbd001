package main

import (
	"bytes"
	"slices"
	"testing"
)

func TestCover(t *testing.T) {
	t.Parallel()
	samples := [][]byte{[]byte("x common phrase, rare one"), []byte("common phrase here"), []byte("there: common phrase"), []byte("here and there")}
	got := cover(samples, 30, 13, 6)
	if !bytes.HasSuffix(got, []byte("common phrase")) {
		t.Errorf("got %q, want the commonest part last", got)
	}
	if bytes.Contains(got, []byte("rare one")) {
		t.Errorf("got %q, which holds what does not recur", got)
	}
}

// TestRepeats makes everything twice. That what is embedded does not change is tested in package pack.
func TestRepeats(t *testing.T) {
	t.Parallel()
	tables, dict, err := train(2)
	if err != nil {
		t.Fatal(err)
	}
	tables2, dict2, err := train(2)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tables, tables2) || !bytes.Equal(dict, dict2) {
		t.Error("the same seeds gave other tables or another dictionary")
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	c := codes()
	for i, s := range c {
		if s == "" || slices.Contains(c[:i], s) {
			t.Errorf("code %d is %q: empty, or there twice", i, s)
		}
	}
}
