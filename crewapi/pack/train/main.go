// Command train makes the dictionary of package pack from invented flights: go generate ./crewapi/pack.
// A dictionary in use is never changed: a better one is a new version with a new id.
package main

import (
	"flag"
	"log"
	"os"
)

// learned is how many invented flights version 1 has learned from; more change nothing that counts.
const learned = 16

func main() {
	out := flag.String("o", "v1", "files to write, without .tables and .dict")
	flag.Parse()
	tables, dict, err := train(learned)
	if err == nil {
		err = os.WriteFile(*out+".tables", tables, 0o644)
	}
	if err == nil {
		err = os.WriteFile(*out+".dict", dict, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
