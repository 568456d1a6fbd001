// Command train makes the dictionary of package pack from invented flights: go generate ./crewapi/pack.
// A dictionary in use is never changed: a better one is a new version with a new id.
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	out := flag.String("o", "v1.dict", "file to write")
	flag.Parse()
	dict, err := train()
	if err == nil {
		err = os.WriteFile(*out, dict, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
