package upgrade

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

var (
	from   = flag.String("upgrade.from", "", "folder with ground and purser of the commit that a fixture is to be written with")
	commit = flag.String("upgrade.commit", "", "that commit")
)

// TestWrite writes a fixture with the programs of an older commit:
//
//	git worktree add /tmp/old 14ce2cf && (cd /tmp/old && make build)
//	go test ./test/upgrade -run TestWrite -args -upgrade.from=/tmp/old/bin -upgrade.commit=14ce2cf
//
// A fixture is written once and never again; a later format gets a fixture of its own.
func TestWrite(t *testing.T) {
	if *from == "" {
		t.Skip("writes a fixture with -upgrade.from and -upgrade.commit only")
	}
	base := t.TempDir()
	for _, engine := range []string{"sqlite", "postgres"} {
		w := &world{T: t, dir: filepath.Join(base, engine), port: free(t), programs: programs{*from + "/ground", *from + "/purser"}}
		w.must(os.Mkdir(w.dir, 0o700))
		w.db = "sqlite:" + w.dir + "/ground.db"
		if engine == "postgres" {
			w.db = testenv.Postgres(t)
		}
		f := w.tell(*commit)
		if engine == "postgres" {
			dump, err := exec.Command("pg_dump", "--inserts", "--rows-per-insert=50", "--no-owner", "--no-privileges", w.db).Output()
			w.must(err)
			dump = regexp.MustCompile(`(?m)^\\.*\n`).ReplaceAll(dump, nil) // psql's own
			w.must(os.WriteFile(w.dir+"/ground.sql", dump, 0o600))
		}
		said, err := json.MarshalIndent(f, "", "\t")
		w.must(err)
		w.must(os.WriteFile(w.dir+"/story.json", said, 0o600))
	}
	b, err := pack(base)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 1<<20 {
		t.Fatalf("the fixture has %d bytes", len(b))
	}
	if err := os.WriteFile(filepath.Join("testdata", *commit+".tar.gz"), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// pack packs a folder without locks, clocks and times.
func pack(dir string) ([]byte, error) {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	tw := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir || e.Name() == "clock" || e.Name() == "lock" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: name, Mode: 0o600, ModTime: time.Unix(0, 0)}
		if e.IsDir() {
			h.Name, h.Mode, h.Typeflag = name+"/", 0o700, tar.TypeDir
			return tw.WriteHeader(h)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		h.Size = int64(len(b))
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		_, err = tw.Write(b)
		return err
	})
	if err == nil {
		err = tw.Close()
	}
	if err == nil {
		err = z.Close()
	}
	return out.Bytes(), err
}

// unpack puts one engine's part of a fixture into a folder.
func unpack(archive, engine, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(h.Name, engine+"/")
		if !ok || !filepath.IsLocal(name) {
			continue
		}
		path := filepath.Join(dir, name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else if b, e := io.ReadAll(tr); e != nil {
			err = e
		} else {
			err = os.WriteFile(path, b, 0o600)
		}
		if err != nil {
			return err
		}
	}
}
