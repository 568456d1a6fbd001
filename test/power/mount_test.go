package power

import (
	"context"
	"path"
	"strings"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or folder of a mounted disk. The kernel keeps its pages (mapped files need
// that), and hands them over when they are flushed, evicted or the file is closed.
type node struct {
	fs.Inode
	d *disk
	f *file // nil for a folder
}

var _ = (interface {
	fs.NodeCreater
	fs.NodeMkdirer
	fs.NodeUnlinker
	fs.NodeRmdirer
	fs.NodeRenamer
	fs.NodeOpener
	fs.NodeReader
	fs.NodeWriter
	fs.NodeGetattrer
	fs.NodeSetattrer
	fs.NodeFsyncer
	fs.NodeFlusher
	fs.NodeAllocater
	fs.NodeStatfser
	fs.NodeOnAdder
})((*node)(nil))

// mount mounts d on the empty folder dir. Root only.
func mount(d *disk, dir string) (*fuse.Server, error) {
	opts := &fs.Options{MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "power", Name: "power", DisableXAttrs: true, MaxWrite: 1 << 20}}
	return fs.Mount(dir, &node{d: d}, opts)
}

func (n *node) OnAdd(ctx context.Context) {
	if !n.IsRoot() {
		return
	}
	n.grow(ctx, "")
}

// grow adds what the disk holds below prefix.
func (n *node) grow(ctx context.Context, prefix string) {
	for name, f := range n.d.names {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || strings.Contains(rest, "/") {
			continue
		}
		child := &node{d: n.d, f: f}
		n.AddChild(rest, n.NewPersistentInode(ctx, child, child.stable()), false)
		if f == nil {
			child.grow(ctx, name+"/")
		}
	}
}

func (n *node) stable() fs.StableAttr {
	if n.f == nil {
		return fs.StableAttr{Mode: syscall.S_IFDIR}
	}
	return fs.StableAttr{Mode: syscall.S_IFREG}
}

func (n *node) name(child string) string { return path.Join(n.Path(nil), child) }

// locked runs fn unless the power is gone.
func (n *node) locked(fn func()) syscall.Errno {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if n.d.off {
		return syscall.EIO
	}
	fn()
	return 0
}

// io runs fn as an I/O of its own, unless it is the one that fails.
func (n *node) io(what, name string, fn func()) (errno syscall.Errno) {
	bad := false
	errno = n.locked(func() {
		if bad = n.d.fail(what, name); !bad {
			fn()
		}
	})
	if bad {
		return syscall.EIO
	}
	return errno
}

func (n *node) attr(out *fuse.Attr) {
	out.Mode = 0o700
	if n.f != nil {
		out.Mode, out.Size = 0o600, uint64(len(n.f.now))
		out.Blocks = (out.Size + 511) / 512
	}
	out.Nlink = 1
}

func (n *node) add(ctx context.Context, name string, f *file, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	child := &node{d: n.d, f: f}
	full := n.name(name)
	if errno := n.io("make", full, func() {
		n.d.rename(func(names map[string]*file) { names[full] = f })
		child.attr(&out.Attr)
	}); errno != 0 {
		return nil, errno
	}
	return n.NewPersistentInode(ctx, child, child.stable()), 0
}

func (n *node) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	in, errno := n.add(ctx, name, &file{now: []byte{}}, out)
	return in, nil, fuse.FOPEN_KEEP_CACHE, errno
}

func (n *node) Mkdir(ctx context.Context, name string, _ uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.add(ctx, name, nil, out)
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	full := n.name(name)
	return n.io("remove", full, func() { n.d.rename(func(names map[string]*file) { delete(names, full) }) })
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno { return n.Unlink(ctx, name) }

func (n *node) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	child := n.GetChild(name)
	if flags != 0 || child == nil || child.Operations().(*node).f == nil {
		return syscall.ENOSYS
	}
	from, dest := n.name(name), path.Join(to.EmbeddedInode().Path(nil), newName)
	return n.io("rename", from, func() {
		n.d.rename(func(names map[string]*file) {
			names[dest] = names[from]
			delete(names, from)
		})
	})
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	var got []byte
	errno := n.io("read", n.Path(nil), func() {
		if off < int64(len(n.f.now)) {
			got = append(got, n.f.now[off:min(int64(len(n.f.now)), off+int64(len(dest)))]...)
		}
	})
	return fuse.ReadResultData(got), errno
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	return uint32(len(data)), n.io("write", n.Path(nil), func() { n.d.change(n.f, change{off, data}) })
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	return n.locked(func() { n.attr(&out.Attr) })
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return n.io("resize", n.Path(nil), func() {
		if size, ok := in.GetSize(); ok && n.f != nil {
			n.d.change(n.f, change{at: int64(size)})
		}
		n.attr(&out.Attr)
	})
}

// Allocate makes a file as long as asked; room is not what this disk is about.
func (n *node) Allocate(_ context.Context, _ fs.FileHandle, off, size uint64, mode uint32) syscall.Errno {
	return n.io("allocate", n.Path(nil), func() {
		if end := int64(off + size); mode == 0 && end > int64(len(n.f.now)) {
			n.d.change(n.f, change{at: end})
		}
	})
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return n.io("flush", n.Path(nil), func() { n.d.flush(n.f) })
}

func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.NameLen = page, page, 255
	out.Blocks, out.Bfree, out.Bavail = 1<<20, 1<<20, 1<<20
	return 0
}
