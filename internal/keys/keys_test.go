package keys_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/internal/keys/keystest"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestFile(t *testing.T) {
	keystest.Run(t, func(t *testing.T) (keys.KeyStore, func() keys.KeyStore) {
		path := filepath.Join(t.TempDir(), "keys")
		open := func() keys.KeyStore {
			p, err := keys.Open(path, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		return open(), open
	})
}

func TestMemory(t *testing.T) {
	keystest.Run(t, func(t *testing.T) (keys.KeyStore, func() keys.KeyStore) {
		p := pair(t)
		return p, func() keys.KeyStore { return p }
	})
}

func pair(t testing.TB) *keys.Pair {
	t.Helper()
	p, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestVector is the P-256, SHA-256 vector of RFC 6979, A.2.5.
func TestVector(t *testing.T) {
	private, _ := hex.DecodeString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
	p, err := keys.Generate(bytes.NewReader(append(bytes.Clone(private), private...)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%X", p.Signer().Public()); got != "0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6" {
		t.Errorf("public key %s", got)
	}
	for msg, want := range map[string]string{
		"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
		"test":   "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
	} {
		sig, err := p.Signer().Sign([]byte(msg))
		if got := fmt.Sprintf("%X", sig); err != nil || got != want {
			t.Errorf("signature of %q\n got %s, %v\nwant %s", msg, got, err, want)
		}
	}
}

func TestGenerateIsDeterministicAndSkipsWhatIsNoKey(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, 64)
	a, err := keys.Generate(bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	tooLarge := bytes.Repeat([]byte{0xff}, 32)
	b, err := keys.Generate(bytes.NewReader(append(tooLarge, seed...)))
	if err != nil || !bytes.Equal(a.Marshal(), b.Marshal()) {
		t.Errorf("other keys of the same random bytes, %v", err)
	}
	if _, err := keys.Generate(bytes.NewReader(seed[:63])); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("keys of too few random bytes: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	p := pair(t)
	sig, err := p.Signer().Sign([]byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	public := p.Signer().Public()
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if keys.Verify(public, []byte("m"), bad) {
			t.Errorf("verifies with byte %d of the signature changed", i)
		}
	}
	for name, c := range map[string]struct{ public, sig []byte }{
		"no key": {nil, sig}, "short key": {public[:32], sig}, "odd form": {append([]byte{4}, public[1:]...), sig},
		"not on the curve": {append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...), sig},
		"no signature":     {public, nil}, "zeros": {public, make([]byte, 64)}, "long": {public, append(bytes.Clone(sig), 0)},
	} {
		if keys.Verify(c.public, []byte("m"), c.sig) {
			t.Errorf("%s: verifies", name)
		}
	}
	if _, err := keys.Seal(public[:32], nil, nil, nil); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("sealed to half a key: %v", err)
	}
}

func TestFileErrors(t *testing.T) {
	good := pair(t).Marshal()
	for _, c := range []struct {
		name, content string
		mode          fs.FileMode
		want          passenger.Code
		says          string
	}{
		{"readable by the group", string(good), 0o640, passenger.Forbidden, "chmod 600"},
		{"readable by all", string(good), 0o604, passenger.Forbidden, "mode 0604"},
		{"empty", "", 0o600, passenger.Corrupt, "cannot be read"},
		{"cut short", string(good[:len(good)-5]), 0o600, passenger.Corrupt, "cannot be read"},
		{"two files in one", string(good) + string(good), 0o600, passenger.Corrupt, "behind its end"},
		{"newer", strings.Replace(string(good), `"version": 1`, `"version": 2`, 1), 0o600, passenger.Corrupt, "version 2"},
		{"huge", string(good) + strings.Repeat(" ", 5000), 0o600, passenger.Corrupt, "no key file"},
		{"other private key", swap(t, good), 0o600, passenger.Corrupt, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == passenger.Forbidden && runtime.GOOS == "windows" {
				t.Skip("no such bits on Windows")
			}
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			for name, open := range map[string]func() (*keys.Pair, error){
				"load": func() (*keys.Pair, error) { return keys.Load(path) },
				"open": func() (*keys.Pair, error) { return keys.Open(path, rand.Reader) },
			} {
				_, err := open()
				if passenger.CodeOf(err) != c.want || !strings.Contains(passenger.Public(err), c.says) {
					t.Errorf("%s: got %v, want %s with %q", name, err, c.want, c.says)
				}
			}
			if b, _ := os.ReadFile(path); string(b) != c.content {
				t.Error("the file was changed")
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "keys")
	if _, err := keys.Load(missing); passenger.CodeOf(err) != passenger.NotFound || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := keys.Open(filepath.Join(missing, "deeper"), rand.Reader); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("no folder: %v", err)
	}
}

// swap takes the private sign key of another pair.
func swap(t *testing.T, b []byte) string {
	field := func(b []byte) string { return strings.Split(string(b), `"`)[7] }
	return strings.Replace(string(b), field(b), field(pair(t).Marshal()), 1)
}

func TestFileIsPrivateAndReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	for range 2 {
		p := pair(t)
		if err := keys.Save(path, p); err != nil {
			t.Fatal(err)
		}
		got, err := keys.Load(path)
		if err != nil || !bytes.Equal(got.Marshal(), p.Marshal()) {
			t.Errorf("other keys were loaded, %v", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files in the folder, want 1", len(left))
	}
}

func TestOpenedAtOnce(t *testing.T) {
	dir := t.TempDir()
	var got [8][]byte
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			p, err := keys.Open(filepath.Join(dir, "keys"), rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = p.Marshal()
		})
	}
	wg.Wait()
	for i := range got {
		if !bytes.Equal(got[i], got[0]) {
			t.Errorf("opener %d has other keys", i)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files in the folder, want 1", len(left))
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	p := pair(t)
	if got := fmt.Sprintf("%v %s", p, p); got != "••• •••" {
		t.Errorf("printed %s", got)
	}
}

func FuzzParse(f *testing.F) {
	p := pair(f)
	f.Add(p.Marshal())
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := keys.Parse(b)
		if err != nil {
			return
		}
		again, err := keys.Parse(p.Marshal())
		if err != nil || !bytes.Equal(again.Marshal(), p.Marshal()) {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	p := pair(f)
	sig, err := p.Signer().Sign([]byte("m"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Signer().Public(), []byte("m"), sig)
	f.Add([]byte{2}, []byte{}, make([]byte, 64))
	f.Fuzz(func(t *testing.T, public, msg, other []byte) {
		if keys.Verify(p.Signer().Public(), append(msg, 0), other) {
			t.Error("a signature out of nothing")
		}
		if k, err := keys.ParsePublic(public); err == nil && !bytes.Equal(keys.PublicOf(k), public) {
			t.Error("two forms of one public key")
		}
	})
}

func FuzzOpen(f *testing.F) {
	p := pair(f)
	sealed, err := keys.Seal(p.Agreer().Public(), []byte("i"), []byte("a"), []byte("secret"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:80])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := p.Agreer().Open([]byte("i"), []byte("a"), b)
		if err == nil && (!bytes.Equal(b, sealed) || string(got) != "secret") {
			t.Errorf("opened %d bytes that nobody sealed", len(b))
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s := pair(b).Signer()
	for b.Loop() {
		if _, err := s.Sign([]byte("m")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s := pair(b).Signer()
	sig, err := s.Sign([]byte("m"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !keys.Verify(s.Public(), []byte("m"), sig) {
			b.Fatal("does not verify")
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	public := pair(b).Agreer().Public()
	for b.Loop() {
		if _, err := keys.Seal(public, nil, nil, make([]byte, 60)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	p := pair(b)
	sealed, err := keys.Seal(p.Agreer().Public(), nil, nil, make([]byte, 60))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Agreer().Open(nil, nil, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
