"""Answers as JSON, and what every answer says to browsers."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

SAFE: dict[str, str] = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Json(JSONResponse):
    """JSON of whatever strings there are: half a surrogate pair, in a class's name, say, is written as its escape."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def answer(told: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    r"""Answer with JSON.

    Parameters
    ----------
    told : dict
    status : int
    headers : mapping, optional

    Returns
    -------
    response : Response

    Examples
    --------
    >>> answer({"class": "\u017elut\ud800"}).body.decode()
    '{"class":"žlut\\ud800"}'
    """
    return Json(told, status, headers={**SAFE, **(headers or {})})


def error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer that there is no answer, and why.

    Parameters
    ----------
    status : int
    sentence : str
    headers : mapping, optional

    Returns
    -------
    response : Response
    """
    return answer({"error": sentence}, status, headers)
