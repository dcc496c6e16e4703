"""Protocol Buffers, as far as ONNX uses them: a message is numbered fields, one after the other.

    field   = key, value                        key = number << 3 | kind, a varint
    kind 0  = a varint: 7 bits a byte, the lowest first, the top bit says that more follow
    kind 1  = 8 bytes        kind 5 = 4 bytes        kind 2 = a length, a varint, and so many bytes

Bytes stay where they are: a value is a view of the file. How many fields a file may have is bounded, since each takes
a hundred times its two bytes.
Source: Protocol Buffers, Encoding.
"""

from collections.abc import Iterator

import numpy as np

from ...types import AnyArray, IntArray

MAX_FIELDS: int = 200_000  # torchvision's largest nets have 20,000; settings' lists count too, a byte as a field
WIDTHS: dict[int, int] = {1: 8, 5: 4}  # of kinds with a fixed width, bytes
SIGN: int = 1 << 63
MAX_PACKED: int = 1 << 24  # bytes of packed integers: half-precision weights have some millions
PIECE: int = 1 << 16  # bytes of them that are looked at together: the arrays in between take ten times as much

Value = int | memoryview


class Budget:
    """Counts the fields of one file."""

    def __init__(self) -> None:
        self.left: int = MAX_FIELDS

    def take(self, count: int = 1) -> None:
        """Count one, or several."""
        self.left -= count
        if self.left < 0:
            raise ValueError(f"it has more than {MAX_FIELDS} fields and numbers in settings.")


class Message:
    """One message, its fields by number.

    Parameters
    ----------
    view : memoryview
    budget : Budget
        Shared by all messages of a file.

    Raises
    ------
    ValueError
        The bytes are no message.

    Examples
    --------
    >>> message = Message(memoryview(bytes([8, 150, 1, 18, 2, 104, 105])), Budget())
    >>> message.integer(1), message.text(2), message.integer(3, 7)
    (150, 'hi', 7)
    """

    def __init__(self, view: memoryview, budget: Budget):
        self._budget = budget
        self._fields: dict[int, list[Value]] = {}
        for number, value in _fields(view):
            budget.take()
            self._fields.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def integer(self, number: int, default: int = 0) -> int:
        """Return an integer."""
        value = self._fields.get(number, [default])[-1]
        if not isinstance(value, int):
            raise ValueError(f"its field {number} must be an integer.")
        return _signed(value)

    def real(self, number: int) -> float:
        """Return a float of 4 bytes."""
        return float(np.frombuffer(self._sized(number, 4), "<f4")[0]) if number in self else 0.0

    def raw(self, number: int) -> memoryview:
        """Return bytes; none where there is no such field."""
        value = self._fields.get(number, [memoryview(b"")])[-1]
        if not isinstance(value, memoryview):
            raise ValueError(f"its field {number} must be bytes.")
        return value

    def text(self, number: int) -> str:
        """Return a text."""
        return _text(self.raw(number))

    def texts(self, number: int) -> list[str]:
        """Return the texts of a field that is repeated."""
        return [_text(view) for view in self._views(number)]

    def message(self, number: int) -> "Message":
        """Return a message inside; an empty one where there is none."""
        return Message(self.raw(number), self._budget)

    def messages(self, number: int) -> "Iterator[Message]":
        """Yield the messages of a field that is repeated."""
        for view in self._views(number):
            yield Message(view, self._budget)

    def count(self, number: int) -> int:
        """Return how often a field is there."""
        return len(self._fields.get(number, ()))

    def integers(self, number: int, weights: bool = False) -> IntArray:
        """Return the integers of a field that is repeated, each by itself or many in one: few but in weights."""
        if not weights:
            self._take_packed(number)
        parts = [
            np.array([_signed(value)]) if isinstance(value, int) else _varints(value)
            for value in self._fields.get(number, ())
        ]
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int64), *parts])

    def reals(self, number: int, dtype: str, weights: bool = False) -> AnyArray:
        """Return the floats of a field that is repeated, each by itself or many in one: few but in weights."""
        if not weights:
            self._take_packed(number)
        raw = b"".join(self._views(number))
        if len(raw) % np.dtype(dtype).itemsize:
            raise ValueError(f"its field {number} must be numbers of {np.dtype(dtype).itemsize} bytes.")
        return np.frombuffer(raw, dtype)

    def _take_packed(self, number: int) -> None:
        """Count the numbers of a list, which takes some ten times its bytes."""
        self._budget.take(sum(len(value) for value in self._fields.get(number, ()) if isinstance(value, memoryview)))

    def _views(self, number: int) -> list[memoryview]:
        values = self._fields.get(number, [])
        views = [value for value in values if isinstance(value, memoryview)]
        if len(views) < len(values):
            raise ValueError(f"its field {number} must be bytes.")
        return views

    def _sized(self, number: int, size: int) -> memoryview:
        view = self.raw(number)
        if len(view) != size:
            raise ValueError(f"its field {number} must be {size} bytes.")
        return view


def _fields(view: memoryview) -> Iterator[tuple[int, Value]]:
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(view, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(view, at)
        elif kind in WIDTHS:
            size = WIDTHS[kind]
        else:
            raise ValueError("it is no ONNX model, or it is damaged: a field is of no kind that there is.")
        if size > len(view) - at:
            raise ValueError("it is no ONNX model, or it is damaged: a field is longer than what it lies in.")
        yield key >> 3, view[at : at + size]
        at += size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    """Read a varint; return it and where it ends."""
    value = shift = 0
    while True:
        if at == len(view) or shift > 63:
            raise ValueError("it is no ONNX model, or it is damaged: a number does not end.")
        byte = view[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value & (2 * SIGN - 1), at


def _varints(view: memoryview) -> IntArray:
    """Return the integers of varints that lie one after the other."""
    if len(view) > MAX_PACKED:
        raise ValueError(f"it has {len(view)} bytes of integers in one field; more than {MAX_PACKED} are not read.")
    raw = np.frombuffer(view, np.uint8)
    values = np.empty(np.count_nonzero(raw < 128), np.int64)
    at = count = 0
    while at < len(raw):
        piece = raw[at : at + PIECE]
        ends = np.flatnonzero(piece < 128)
        if not len(ends) or np.diff(ends, prepend=-1).max() > 10:
            raise ValueError("it is no ONNX model, or it is damaged: a number does not end.")
        values[count : count + len(ends)] = _whole_varints(piece, ends)
        at, count = at + int(ends[-1]) + 1, count + len(ends)
    return values


def _whole_varints(raw: AnyArray, ends: IntArray) -> IntArray:
    """Return the integers of varints of which the last bytes are at `ends`."""
    starts = np.concatenate([[0], ends[:-1] + 1])
    values = np.zeros(len(ends), np.uint64)
    for place in range(10):
        there = starts + place <= ends
        values[there] |= (raw[starts[there] + place] & 127).astype(np.uint64) << np.uint64(7 * place)
    return values.view(np.int64)


def _signed(value: int) -> int:
    return value - 2 * SIGN if value >= SIGN else value


def _text(view: memoryview) -> str:
    return bytes(view).decode("utf-8", "replace")
