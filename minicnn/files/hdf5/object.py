"""What groups and arrays of an HDF5 file have in common: an object header, a list of messages, and attributes.

Source: HDF5 File Format Specification, version 3.0, section IV.A.
"""

import math

from .bytes import decode
from .data import parse_dataspace, parse_datatype, strings

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL, LAYOUT, FILTERS = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0B
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15


class Object:
    """An object header and its attributes; `messages` is a list of (type, start, size)."""

    def __init__(self, file, address, messages=None):
        self.file, self.data = file, file.data
        self.messages = read_messages(file.data, address) if messages is None else messages

    def find(self, kind):
        """Return where the first message of `kind` starts, or None."""
        return next((start for found, start, _ in self.messages if found == kind), None)

    def texts(self, name):
        """Return attribute `name` as a list of str, or None where there is no such attribute.

        Keras splits a list of names that is too long for one attribute into `name0`, `name1`, ...
        """
        texts = self._attribute(name)
        if texts is not None:
            return texts
        parts = []
        while (part := self._attribute(f"{name}{len(parts)}")) is not None:
            parts.append(part)
        return [text for part in parts for text in part] if parts else None

    def _attribute(self, name):
        for kind, start, size in self.messages:
            if kind == ATTRIBUTE:
                found, datatype, dataspace, value = self._split_attribute(start)
                if found != name:
                    continue
                kind, shape = parse_datatype(self.data, datatype), parse_dataspace(self.data, dataspace)
                count = math.prod(shape) if shape is not None else 0
                if count == 0:
                    return []  # Keras writes an empty list of names as numbers
                if not kind.string:
                    raise ValueError(f"its attribute {name!r} is not text")
                if value + count * kind.size > start + size:
                    raise ValueError(f"its attribute {name!r} is longer than its place")
                return strings(self.data, kind, count, value)
        info = self.find(ATTRIBUTE_INFO)
        if info is not None and self.data.offset(info + 2 + 2 * (self.data.integer(info + 1, 1) & 1)) is not None:
            raise ValueError("its attributes are in a form of HDF5 that is not read here")
        return None

    def _split_attribute(self, start):
        data = self.data
        version, sizes = data.integer(start, 1), [data.integer(start + at, 2) for at in (2, 4, 6)]
        if version not in (1, 2, 3) or (version > 1 and data.integer(start + 1, 1)):
            raise ValueError(f"an attribute has version {version} or a shared type")
        at = start + (9 if version == 3 else 8)
        name = decode(data.copy(at, sizes[0]).partition(b"\0")[0])
        places = []
        for size in sizes:
            at += (size + 7) // 8 * 8 if version == 1 else size
            places.append(at)
        return name, *places


def read_messages(data, address):
    """Return [(type, start, size)] of the object header at `address`, its continuations included."""
    if address is None:
        raise ValueError("it points to an object that is nowhere")
    data.step(15)
    if bytes(data.slice(address, 4)) == b"OHDR":
        flags = data.integer(address + 5, 1)
        at = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        width = 1 << (flags & 3)
        blocks = [(at + width, data.integer(at, width))]
        head, tail, ordered, align = 4 + (2 if flags & 4 else 0), 4, True, 1
    elif data.integer(address, 1) == 1:
        blocks = [(address + 16, data.integer(address + 8, 4))]
        head, tail, ordered, align = 8, 0, False, 8
    else:
        raise ValueError(f"there is no object header at byte {address}")
    messages = []
    for start, size in blocks:  # grows while it is read
        data.slice(start, size)
        at, end = start, start + size
        while at + head <= end:
            data.step()
            kind, length = data.integer(at, 1 if ordered else 2), data.integer(at + (1 if ordered else 2), 2)
            flags = data.integer(at + (3 if ordered else 4), 1)
            if at + head + length > end:
                raise ValueError(f"the object header at byte {address} is damaged")
            if kind == CONTINUATION:
                block, room = data.offset(at + head), data.length(at + head + data.offset_size)
                if block is None:
                    raise ValueError("an object header continues nowhere")
                if ordered:
                    data.expect(block, b"OCHK", "continuation of an object header")
                blocks.append((block + tail, room - 2 * tail) if ordered else (block, room))
            elif flags & 2 and kind in (DATASPACE, DATATYPE, LAYOUT, FILTERS, ATTRIBUTE):
                raise ValueError("it shares types between objects, which Keras doesn't")
            else:
                messages.append((kind, at + head, length))
            at += head + (length + align - 1) // align * align
    return messages
