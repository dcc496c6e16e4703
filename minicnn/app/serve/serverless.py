"""One function for a cloud that calls functions (AWS Lambda, and what follows its manner), without a server.

The handler's name is `minicnn.app.serve.serverless.handler`; MINICNN_MODEL names the model's file, MINICNN_ALLOW_URLS=1
lets addresses be fetched. It takes an HTTP event (API Gateway, a function's URL), whose body is what `minicnn serve`
takes, or `{"image": "<base64>"}`, `{"url": "https://..."}` itself.
"""

import base64
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from .decoding import decode, tell
from .fetching import fetch
from .reading import pictures_of
from .refusal import Refusal
from .settings import Limits, Served
from .shelf import Model, load

Json = dict[str, Any]


def handler(event: Json, context: object = None) -> Json:
    """Answer an event.

    Parameters
    ----------
    event : dict
    context : object
        What the cloud tells about itself; not looked at.

    Returns
    -------
    answer : dict
        Of an HTTP event "statusCode", "headers" and "body"; else the body's JSON itself.
    """
    over_http = "body" in event
    try:
        status, told = (
            200,
            _answer(*(_http_body(event) if over_http else (json.dumps(event).encode(), "application/json"))),
        )
    except Refusal as refusal:
        status, told = refusal.status, {"error": refusal.sentence}
    if not over_http:
        return told
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)}


def _http_body(event: Json) -> tuple[bytes, str]:
    body, headers = event["body"] or "", {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    return data, headers.get("content-type", "")


def _answer(body: bytes, content_type: str) -> Json:
    limits, model = Limits(urls=os.environ.get("MINICNN_ALLOW_URLS") == "1"), _model()
    rows: list[Json] = []
    for sent in pictures_of(body, content_type, limits):
        data = fetch(sent.url, limits.max_bytes, limits.timeout) if sent.url else sent.data
        (p,) = model.classify([decode(model, data, sent.name, limits.max_pixels)])
        rows.append(tell(model, sent, p))
    return {"model": model.name, "version": model.version, "answers": rows}


@cache
def _model() -> Model:
    """Load the model once; a warm function finds it ready."""
    path = Path(os.environ.get("MINICNN_MODEL", "model.keras"))
    return load(Served(path.name.partition(".")[0], path))
