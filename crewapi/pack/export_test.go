package pack

// NoiseOf returns how many bytes of ops look random.
func NoiseOf(ops [][]byte) int {
	_, noise, _ := shared.tables.Split(ops)
	return len(noise)
}

// Strip makes a body of a frame.
func Strip(frame []byte) []byte { return strip(nil, frame) }
