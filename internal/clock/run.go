package clock

import (
	"crypto/rand"
	"sync"
	"time"
)

var started = time.Now()

// thisRun stands for the start of a machine that does not say which it is.
var thisRun = sync.OnceValue(func() string { return "run " + rand.Text() })
