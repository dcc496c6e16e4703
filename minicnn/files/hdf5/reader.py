"""Read HDF5, the part of it that Keras writes, in Python alone.

Why not h5py: the HDF5 library trusts what it reads. Some damaged files make it run forever inside C, where no signal
reaches it, and a child process with a time limit costs a second Python at every start. A model file needs little of
HDF5: groups, attributes, and arrays of numbers. This reader knows those, refuses the rest in one sentence, follows no
link out of the file, and its work is bounded by the file's length (byte_reader.py). It is also the faster one.

    file = File(bytes)                       bytes, or a memoryview of a mapped file
    file.root["layers/conv2d/vars"]          -> Group: names(), texts(name), get(path), in
    file.root["layers/conv2d/vars/0"]        -> Dataset: shape, read()

An HDF5 file is a superblock, which points to the root's object header. An object header is a list of messages. A group
has a symbol table message (a B-tree whose leaves list names and headers; the names lie in a local heap), or one link
message a member (in a fractal heap where they are many). A dataset has its datatype, dataspace, layout and filters.
Both may have attributes.
"""

from ...types import AnyArray
from .attributes import read_texts
from .byte_reader import ByteReader
from .links import dense_members, parse_link
from .messages import parse_dataspace, parse_datatype, parse_filters
from .object_header import (
    DATASPACE,
    DATATYPE,
    EXTERNAL,
    FILTERS,
    LAYOUT,
    LINK,
    LINK_INFO,
    SYMBOL_TABLE,
    Message,
    read_messages,
)
from .storage import read_array
from .superblock import root_address
from .symbol_table import members


class File:
    """An HDF5 file in memory.

    Parameters
    ----------
    view : bytes or memoryview

    Attributes
    ----------
    root : Group
        The first group.

    Raises
    ------
    ValueError
        Here and in all that is read from it: what is wrong, without the file's name.
    """

    def __init__(self, view: bytes | memoryview):
        self.data: ByteReader = ByteReader(view)
        self._objects: dict[int, Group | Dataset] = {}
        address = root_address(self.data)
        self.root: Group = Group(self, read_messages(self.data, address))

    def open(self, address: int) -> "Group | Dataset":
        """Return the Group or Dataset whose object header is at `address`."""
        if address not in self._objects:
            messages = read_messages(self.data, address)
            kind = Dataset if any(kind == LAYOUT for kind, _, _ in messages) else Group
            self._objects[address] = kind(self, messages)
        return self._objects[address]


class Object:
    """What a group and an array have in common: the messages of an object header, attributes among them."""

    def __init__(self, file: File, messages: list[Message]):
        self.file: File = file
        self.data: ByteReader = file.data
        self.messages: list[Message] = messages

    def find(self, kind: int) -> int | None:
        """Return where the first message of a type starts, or None."""
        return next((start for found, start, _ in self.messages if found == kind), None)

    def texts(self, name: str) -> list[str] | None:
        """Return attribute `name` as a list of str, or None where there is no such attribute.

        Keras splits a list of names that is too long for one attribute into `name0`, `name1`, ...
        """
        texts = read_texts(self.data, self.messages, name)
        if texts is not None:
            return texts
        parts: list[list[str]] = []
        while (part := read_texts(self.data, self.messages, f"{name}{len(parts)}")) is not None:
            parts.append(part)
        return [text for part in parts for text in part] if parts else None


class Group(Object):
    """A group: its members by name."""

    def __init__(self, file: File, messages: list[Message]):
        super().__init__(file, messages)
        self._members: dict[str, int] | None = None

    def names(self) -> list[str]:
        """Return the members' names, in the file's order."""
        return list(self._links())

    def __contains__(self, path: str) -> bool:
        """Tell whether there is a Group or Dataset at `path`."""
        return self.get(path) is not None

    def get(self, path: str) -> "Group | Dataset | None":
        """Return the Group or Dataset at `path` ("layers/conv2d/vars"), or None."""
        found: Group | Dataset = self
        for name in path.split("/"):
            address = found._links().get(name) if isinstance(found, Group) else None
            if address is None:
                return None
            found = self.file.open(address)
        return found

    def __getitem__(self, path: str) -> "Group | Dataset":
        """Return the Group or Dataset at `path`; a ValueError where there is none."""
        found = self.get(path)
        if found is None:
            raise ValueError(f"it has no {path!r}")
        return found

    def group(self, path: str) -> "Group":
        """Return the Group at `path`; a ValueError where there is none."""
        found = self[path]
        if not isinstance(found, Group):
            raise ValueError(f"its {path!r} is not a group")
        return found

    def array(self, path: str) -> AnyArray:
        """Return the array at `path`; a ValueError where there is none."""
        found = self[path]
        if not isinstance(found, Dataset):
            raise ValueError(f"its {path!r} is not an array")
        return found.read()

    def _links(self) -> dict[str, int]:
        """Return the addresses of the members' object headers by name."""
        if self._members is None:
            self._members = {}
            table, info = self.find(SYMBOL_TABLE), self.find(LINK_INFO)
            if table is not None:
                for name, address in members(self.data, table):
                    self._add(self._members, name, address)
            if info is not None:
                for name, address in dense_members(self.data, info):
                    self._add(self._members, name, address)
            for kind, start, _ in self.messages:
                if kind == LINK:
                    self._add(self._members, *parse_link(self.data, start))
        return self._members

    def _add(self, found: dict[str, int], name: str, address: int | None) -> None:
        self.data.step()
        if name in found:
            raise ValueError(f"a group has two members called {name!r}")
        if name in ("", ".", "..") or "/" in name or address is None:
            raise ValueError(f"a group has a member called {name!r}")
        found[name] = address


class Dataset(Object):
    """An array of numbers."""

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The array's shape; None where the file says that there is no value at all."""
        start = self.find(DATASPACE)
        if start is None:
            raise ValueError("an array has no shape")
        return parse_dataspace(self.data, start)

    def read(self) -> AnyArray:
        """Return the array in the machine's byte order, read-only where it is a view of the file."""
        datatype, filters, layout, shape = self.find(DATATYPE), self.find(FILTERS), self.find(LAYOUT), self.shape
        if self.find(EXTERNAL) is not None:
            raise ValueError("it has an array in another file (external storage)")
        if datatype is None or shape is None or layout is None:
            raise ValueError("an array has no type or no value")
        pipeline = parse_filters(self.data, filters) if filters is not None else []
        return read_array(self.data, parse_datatype(self.data, datatype), shape, layout, pipeline)
