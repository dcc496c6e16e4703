"""The object header of a group or an array: a list of messages, in one block or in several.

Source: HDF5 File Format Specification, version 3.0, sections IV.A.1 (both versions of the header) and IV.A.2.q (where
it continues).
"""

from typing import NamedTuple

from .byte_reader import ByteReader

# Types of messages, IV.A.2.
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL, LAYOUT, FILTERS = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0B
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15

Message = tuple[int, int, int]  # its type, where its data start, their size; 13,000 arrays have 100,000 of them


class _Form(NamedTuple):
    """What differs between the header's versions, in bytes."""

    head: int  # of each message
    type_width: int  # of its type
    tail: int  # a block's checksum, and its signature if it continues another
    alignment: int  # of messages


def read_messages(data: ByteReader, address: int | None) -> list[Message]:
    """Return the messages of the object header at `address`, its continuations included."""
    if address is None:
        raise ValueError("it points to an object that is nowhere")
    data.step(15)
    if bytes(data.slice(address, 4)) == b"OHDR":  # version 2
        flags = data.integer(address + 5, 1)
        at = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        width = 1 << (flags & 3)
        blocks = [(at + width, data.integer(at, width))]
        form = _Form(4 + (2 if flags & 4 else 0), 1, 4, 1)
    elif data.integer(address, 1) == 1:
        blocks = [(address + 16, data.integer(address + 8, 4))]
        form = _Form(8, 2, 0, 8)
    else:
        raise ValueError(f"there is no object header at byte {address}")
    messages: list[Message] = []
    head, type_width, _, alignment = form
    for start, size in blocks:  # grows while it is read
        data.slice(start, size)
        at, end = start, start + size
        while at + head <= end:
            data.step()
            kind, length = data.integer(at, type_width), data.integer(at + type_width, 2)
            flags = data.integer(at + type_width + 2, 1)
            if at + head + length > end:
                raise ValueError(f"the object header at byte {address} is damaged")
            if kind == CONTINUATION:
                blocks.append(_continuation(data, at + head, form))
            elif flags & 2 and kind in (DATASPACE, DATATYPE, LAYOUT, FILTERS, ATTRIBUTE):
                raise ValueError("it shares types between objects, which Keras doesn't")
            else:
                messages.append((kind, at + head, length))
            at += head + (length + alignment - 1) // alignment * alignment
    return messages


def _continuation(data: ByteReader, start: int, form: _Form) -> tuple[int, int]:
    """Return where the block of messages lies that a continuation message names: (start, size)."""
    block, size = data.offset(start), data.length(start + data.offset_size)
    if block is None:
        raise ValueError("an object header continues nowhere")
    if form.tail:
        data.expect(block, b"OCHK", "continuation of an object header")
    return block + form.tail, size - 2 * form.tail
