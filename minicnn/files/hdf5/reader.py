"""Read HDF5, the part of it that Keras writes, in Python alone.

Why not h5py: the HDF5 library trusts what it reads. Some damaged files make it run for ever inside C, where no signal
reaches it, and a child process with a time limit costs a second Python at every start. A model file needs little of
HDF5: groups, attributes, and arrays of numbers. This reader knows those, refuses the rest in one sentence, follows no
link out of the file, and its work is bounded by the file's length (`hdf5_bytes`). It is also the faster one.

    file = File(bytes)                       bytes, or a memoryview of a mapped file
    file.root["layers/conv2d/vars"]          -> Group: names(), attribute(name), texts(name), in
    file.root["layers/conv2d/vars/0"]        -> Dataset: shape, read()

An HDF5 file is a superblock, which points to the root's object header. An object header is a list of messages. A group
has a symbol table message (a B-tree whose leaves list names and headers; the names lie in a local heap), or one link
message a member (`hdf5_dense` where they are many). A dataset has its datatype, dataspace, layout and filters. Both may
have attributes.

Source: HDF5 File Format Specification, version 3.0.
"""

from .bytes import Bytes, decode
from .data import parse_dataspace, parse_datatype, parse_filters, read_array
from .dense import links
from .object import DATASPACE, DATATYPE, EXTERNAL, FILTERS, LAYOUT, LINK, LINK_INFO, SYMBOL_TABLE, Object, read_messages

SIGNATURE = b"\x89HDF\r\n\x1a\n"


class File:
    """An HDF5 file in memory; `root` is its first group. A ValueError says what is wrong, without the file's name."""

    def __init__(self, view):
        self.data = data = Bytes(view)
        if data.size < 96 or bytes(view[:8]) != SIGNATURE:
            raise ValueError("it does not begin as an HDF5 file does")
        version = data.integer(8, 1)
        if version not in (0, 1, 2, 3):
            raise ValueError(f"its superblock has version {version}")
        sizes = 13 if version < 2 else 9
        data.offset_size, data.length_size = data.integer(sizes, 1), data.integer(sizes + 1, 1)
        if data.offset_size not in (4, 8) or data.length_size not in (4, 8):
            raise ValueError(f"its addresses have {data.offset_size} bytes and its lengths {data.length_size}")
        start, width = {0: 24, 1: 28}.get(version, 12), data.offset_size
        end = data.offset(start + 2 * width)
        if data.offset(start) != 0:
            raise ValueError("it begins elsewhere than at its first byte")
        if end is None or end > data.size:
            raise ValueError(f"it is truncated: {data.size} of {end} bytes are there")
        self.root = Group(self, data.offset(start + (5 if version < 2 else 3) * width))
        self._objects = {}

    def open(self, address):
        """Return the Group or Dataset whose object header is at `address`."""
        if address not in self._objects:
            messages = read_messages(self.data, address)
            kind = Dataset if any(kind == LAYOUT for kind, _, _ in messages) else Group
            self._objects[address] = kind(self, address, messages)
        return self._objects[address]


class Group(Object):
    """A group: its members by name."""

    def __init__(self, file, address, messages=None):
        super().__init__(file, address, messages)
        self._members = None

    def names(self):
        """Return the members' names, in the file's order."""
        return list(self._links())

    def __contains__(self, path):
        """Tell whether there is a Group or Dataset at `path`."""
        return self.get(path) is not None

    def get(self, path):
        """Return the Group or Dataset at `path` ("layers/conv2d/vars"), or None."""
        found = self
        for name in path.split("/"):
            address = found._links().get(name) if isinstance(found, Group) else None
            if address is None:
                return None
            found = self.file.open(address)
        return found

    def __getitem__(self, path):
        """Return the Group or Dataset at `path`; a ValueError where there is none."""
        found = self.get(path)
        if found is None:
            raise ValueError(f"it has no {path!r}")
        return found

    def group(self, path):
        """Return the Group at `path`; a ValueError where there is none."""
        found = self[path]
        if not isinstance(found, Group):
            raise ValueError(f"its {path!r} is not a group")
        return found

    def array(self, path):
        """Return the array at `path`; a ValueError where there is none."""
        found = self[path]
        if not isinstance(found, Dataset):
            raise ValueError(f"its {path!r} is not an array")
        return found.read()

    def _links(self):
        if self._members is None:
            self._members = {}
            table, info = self.find(SYMBOL_TABLE), self.find(LINK_INFO)
            if table is not None:
                self._read_symbol_table(self.data.offset(table), self.data.offset(table + self.data.offset_size))
            if info is not None:
                at = info + 2 + (8 if self.data.integer(info + 1, 1) & 1 else 0)
                heap, tree = self.data.offset(at), self.data.offset(at + self.data.offset_size)
                if heap is not None:
                    for start, _ in links(self.data, heap, tree):
                        self._read_link(start)
            for kind, start, _ in self.messages:
                if kind == LINK:
                    self._read_link(start)
        return self._members

    def _read_symbol_table(self, tree, heap):
        data = self.data
        data.expect(heap, b"HEAP", "local heap")
        names_size, names = data.length(heap + 8), data.offset(heap + 8 + 2 * data.length_size)
        stack, entry_size = [(tree, None)], 2 * data.offset_size + 24
        while stack:
            node, level = stack.pop()
            data.step()
            if level == 0:
                data.expect(node, b"SNOD", "symbol table")
                for index in range(data.integer(node + 6, 2)):
                    entry = node + 8 + index * entry_size
                    name_at = data.offset(entry)
                    if names is None or name_at is None or name_at >= names_size:
                        raise ValueError("a name lies outside its heap")
                    if data.integer(entry + 2 * data.offset_size, 4) == 2:
                        raise ValueError("it has a soft link; only members of the file itself are read")
                    self._add(data.text(names + name_at, names_size - name_at), data.offset(entry + data.offset_size))
                continue
            data.expect(node, b"TREE", "index of a group")
            here = data.integer(node + 5, 1)
            if data.integer(node + 4, 1) != 0 or (level is not None and here != level - 1):
                raise ValueError("an index of a group is out of order")
            first = node + 8 + 2 * data.offset_size + data.length_size
            children = range(data.integer(node + 6, 2))
            places = [first + index * (data.offset_size + data.length_size) for index in children]
            data.step(len(places))
            stack += [(data.offset(place), here) for place in reversed(places)]

    def _read_link(self, start):
        data = self.data
        flags = data.integer(start + 1, 1)
        at = start + 2
        kind = data.integer(at, 1) if flags & 8 else 0
        at += bool(flags & 8) + (8 if flags & 4 else 0) + bool(flags & 16)
        width = 1 << (flags & 3)
        size = data.integer(at, width)
        if kind != 0:
            raise ValueError("it has a soft or external link; only members of the file itself are read")
        if size > 4096:
            raise ValueError("a name is too long")
        self._add(decode(data.copy(at + width, size)), data.offset(at + width + size))

    def _add(self, name, address):
        self.data.step()
        if name in self._members:
            raise ValueError(f"a group has two members called {name!r}")
        if name in ("", ".", "..") or "/" in name or address is None:
            raise ValueError(f"a group has a member called {name!r}")
        self._members[name] = address


class Dataset(Object):
    """An array of numbers."""

    @property
    def shape(self):
        """The array's shape; None where the file says that there is no value at all."""
        start = self.find(DATASPACE)
        if start is None:
            raise ValueError("an array has no shape")
        return parse_dataspace(self.data, start)

    def read(self):
        """Return the array in the machine's byte order, read-only where it is a view of the file."""
        datatype, filters, shape = self.find(DATATYPE), self.find(FILTERS), self.shape
        if self.find(EXTERNAL) is not None:
            raise ValueError("it has an array in another file (external storage)")
        if datatype is None or shape is None:
            raise ValueError("an array has no type or no value")
        kind = parse_datatype(self.data, datatype)
        if kind.dtype is None:
            raise ValueError("it holds texts where numbers are needed")
        pipeline = parse_filters(self.data, filters) if filters is not None else []
        return read_array(self.data, kind, shape, self.find(LAYOUT), pipeline)
