"""The pictures of a request: its body, a form's files, or JSON.

curl --data-binary @hat.png URL                                  the body is the picture
curl -F picture=@hat.png -F picture=@shirt.jpg URL               files of a form, under any name
curl --json '{"image": "<base64>"}' URL                          or "images": [...], or "url", "urls" where allowed
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from .refusal import Refusal
from .settings import Limits

KEYS: dict[str, bool] = {
    "image": False,
    "images": True,
    "url": False,
    "urls": True,
}  # of JSON, and whether it lists several
NAME: int = 2000  # characters of a picture's name that an answer repeats, an address's among them
JSON: str = "application/json"
FORM: str = "multipart/form-data"


@dataclass(frozen=True)
class Sent:
    """A picture as a client gave it.

    Parameters
    ----------
    name : str
        What answers and errors call it.
    data : bytes
        The file's; empty where there is an address.
    url : str
        Its address, or empty.
    """

    name: str
    data: bytes = b""
    url: str = ""


def is_picture(content_type: str) -> bool:
    """Tell whether a body is a picture itself, neither a form nor JSON.

    Parameters
    ----------
    content_type : str

    Returns
    -------
    picture : bool

    Examples
    --------
    >>> [is_picture(kind) for kind in ("image/png", "Multipart/Form-Data; boundary=x", "application/json")]
    [True, False, False]
    """
    return _kind(content_type) not in (FORM, JSON)


def pictures_of(body: bytes, content_type: str, limits: Limits) -> list[Sent]:
    r"""Find the pictures in a request's body.

    Parameters
    ----------
    body : bytes
    content_type : str
        Of a form or of JSON; with any other, the body is the picture.
    limits : Limits

    Returns
    -------
    sent : list of Sent

    Raises
    ------
    Refusal
        400: there is none, or what is there is no form or no JSON that is understood; 413: there are too many.

    Examples
    --------
    >>> pictures_of(b'{"image": "AAEC"}', "application/json", Limits())
    [Sent(name='picture 1', data=b'\x00\x01\x02', url='')]
    """
    if is_picture(content_type):
        sent = [Sent("picture 1", body)] if body else []
    elif _kind(content_type) == JSON:
        sent = _of_json(body, limits)
    else:
        from .forms import files_of  # what a form needs, a function in a cloud does not

        files = files_of(body, content_type, limits.pictures)
        sent = [Sent(name[:NAME] or f"picture {k + 1}", data) for k, (name, data) in enumerate(files)]
    if not sent:
        raise Refusal(400, "The request must hold a picture: as its body, in a form, or in JSON as base64.")
    if len(sent) > limits.pictures:
        raise Refusal(413, f"A request may hold {limits.pictures} pictures at most. Received: {len(sent)}.")
    return sent


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _of_json(body: bytes, limits: Limits) -> list[Sent]:
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, f"The body must be JSON, as its Content-Type says. {_fault(problem)}.") from None
    one = f"{{{', '.join(map(json.dumps, KEYS))}}}"
    if not isinstance(told, dict) or len(told) != 1 or next(iter(told)) not in KEYS:
        raise Refusal(400, f"The JSON must be an object with one of the keys {one}. Received: {_short(told)}.")
    ((key, value),) = told.items()
    values = value if KEYS[key] else [value]
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        what = "a list of strings" if KEYS[key] else "a string"
        raise Refusal(400, f"{json.dumps(key)} must be {what}. Received: {_short(value)}.")
    if key.startswith("url"):
        if not limits.urls:
            raise Refusal(400, "This server fetches no addresses; send the picture itself.")
        if not _is_text("".join(values)):
            raise Refusal(400, f"{json.dumps(key)} must hold whole characters. Received: half a surrogate pair.")
        return [Sent(each[:NAME], url=each) for each in values]
    return [Sent(f"picture {k + 1}", _decoded(each, k)) for k, each in enumerate(values)]


def _fault(problem: Exception) -> str:
    """Tell what is wrong with JSON."""
    if isinstance(problem, json.JSONDecodeError):
        return f"It goes wrong at line {problem.lineno}, column {problem.colno}"
    if isinstance(problem, UnicodeDecodeError):
        return "It is not in UTF-8"
    return "It is nested too deeply" if isinstance(problem, RecursionError) else "A number in it is too long"


def _is_text(text: str) -> bool:
    """Tell whether a string can be written: JSON may escape one half of what is one character only with the other."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(text: str, index: int) -> bytes:
    if text.startswith("data:"):  # as a browser has it
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Refusal(400, f"Picture {index + 1} must be base64. {problem}.") from None


def _short(value: Any) -> str:
    try:
        text = json.dumps(sorted(value) if isinstance(value, dict) else value)
    except RecursionError:
        return "something nested too deeply"
    return text if len(text) <= 80 else f"{text[:77]}..."
