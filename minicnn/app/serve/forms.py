"""The files of a form (multipart/form-data), taken apart in memory."""

from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from .refusal import Refusal


def files_of(body: bytes, content_type: str, most: int) -> list[tuple[str, bytes]]:
    r"""Return the files of a form, in their order.

    Parameters
    ----------
    body : bytes
    content_type : str
        With the form's boundary.
    most : int
        So many parts are looked at.

    Returns
    -------
    files : list of (name, bytes)

    Raises
    ------
    Refusal
        400: it is no whole form, or has fields that are no files; 413: it has more parts.

    Examples
    --------
    >>> body = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.png"\r\n\r\nPNG\r\n--x--\r\n'
    >>> files_of(body, "multipart/form-data; boundary=x", 1)
    [('a.png', b'PNG')]
    """
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise Refusal(400, "A form's Content-Type must name its boundary.")
    form = _Form(most)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as problem:
        raise Refusal(400, f"The body must be a form, as its Content-Type says: {problem}") from None
    if not form.has_ended:
        raise Refusal(400, "The form has no end: its last boundary is missing.")
    for part in form.parts:
        if part.file is None:
            raise Refusal(400, f"A form's fields must be files. Received: {part.name[:80]!r}.")
    return [(part.file or "", b"".join(part.pieces)) for part in form.parts]


class _Part:
    """One part of a form."""

    def __init__(self) -> None:
        self.field = self.value = b""  # of the header that is being read
        self.pieces: list[bytes] = []
        self.name = ""
        self.file: str | None = None


class _Form:
    """What the parser tells."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.parts: list[_Part] = []
        self.has_ended = False

    def callbacks(self) -> Any:
        return {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}

    def on_part_begin(self) -> None:
        if len(self.parts) >= self.most:
            raise Refusal(413, f"A request may hold {self.most} pictures at most.")
        self.parts.append(_Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def on_header_end(self) -> None:
        part = self.parts[-1]
        if part.field.lower() == b"content-disposition":
            _, options = parse_options_header(part.value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if (file := options.get(b"filename")) is not None:
                part.file = file.decode("utf-8", "replace")
        part.field = part.value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].pieces.append(data[start:end])

    def on_end(self) -> None:
        self.has_ended = True
