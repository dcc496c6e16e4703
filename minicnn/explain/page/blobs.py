"""All arrays of a page in one compressed block, each once, which JavaScript cuts apart again (web/payload.js)."""

import base64
import zlib

import numpy as np

from ...types import AnyArray


class Blobs:
    """Arrays one after the other, each 4-byte aligned; the page finds them by offset, length and type.

    Attributes
    ----------
    parts : list of bytes
        The arrays so far.
    size : int
        Their bytes.

    Examples
    --------
    >>> import numpy as np
    >>> blobs = Blobs()
    >>> blobs.add(np.zeros((2, 3), np.uint8)), blobs.add(np.ones(4, np.float32))
    ([0, 6, 'b'], [8, 4, 'f'])
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size: int = 0
        self._at: dict[tuple[str, bytes], list[int | str]] = {}

    def add(self, array: AnyArray) -> list[int | str]:
        """Append an array that is not there yet; return where it lies.

        Parameters
        ----------
        array : array of uint8 or int8, or of numbers that become float32

        Returns
        -------
        at : [offset in bytes, length in numbers, "b" for uint8, "i" for int8 or "f" for float32]
        """
        kind = {"uint8": "b", "int8": "i"}.get(array.dtype.name, "f")
        raw = np.ascontiguousarray(array, "<f4" if kind == "f" else array.dtype).tobytes()
        if (kind, raw) not in self._at:
            self._at[kind, raw] = [self.size, int(array.size), kind]
            self.parts.append(raw + bytes(-len(raw) % 4))
            self.size += len(self.parts[-1])
        return self._at[kind, raw]

    def text(self) -> str:
        """Compress all arrays and write them in base64."""
        return base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode("ascii")
