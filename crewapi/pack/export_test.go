package pack

// NoiseOf returns how many bytes of ops look random.
func NoiseOf(ops [][]byte) int {
	_, noise, _ := shared.tables[Newest].Split(ops)
	return len(noise)
}

// Strip makes a body of a frame.
func Strip(frame []byte) []byte { return strip(nil, frame) }

// Restore makes the frame again of a body's blocks.
func Restore(dict uint32, body []byte, limit int) ([]byte, bool) { return restore(dict, body, limit) }

// Letters and Unletter code with the dictionary's own table.
func Letters(stream []byte) ([]byte, bool) { return shared.letters.encode(nil, stream) }
func Unletter(body []byte) ([]byte, bool)  { return shared.letters.decode(body) }
