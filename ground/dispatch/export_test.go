package dispatch

// MaxExchanges is how many exchanges a service works on at a time.
const MaxExchanges = maxExchanges
