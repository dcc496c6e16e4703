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

from ...types import AnyArray
from .decoding import Pixels, decode, taken_apart, tell
from .fetching import fetch
from .reading import Sent
from .refusal import Refusal
from .settings import Limits, Served
from .shelf import Model, load

Json = dict[str, Any]
HTTP: tuple[str, ...] = ("body", "headers", "requestContext")  # keys of an event that came over HTTP


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
    over_http = isinstance(event, dict) and not event.keys().isdisjoint(HTTP)
    try:
        body, kind = _http_body(event) if over_http else (json.dumps(event).encode(), "application/json")
        status, told = 200, _answer(body, kind)
    except Refusal as refusal:
        status, told = refusal.status, {"error": refusal.sentence}
    if not over_http:
        return told
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)}


def _http_body(event: Json) -> tuple[bytes, str]:
    body = event.get("body") or ""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if not isinstance(body, str):
        raise Refusal(400, f"The event's body must be a string. Received: {type(body).__name__}.")
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError as problem:  # half a surrogate pair, too
        raise Refusal(400, f"The event's body must be base64, or text, as isBase64Encoded says: {problem}.") from None
    return data, headers.get("content-type") or ""


def _answer(body: bytes, content_type: str) -> Json:
    limits, model = Limits(urls=os.environ.get("MINICNN_ALLOW_URLS") == "1"), _model()
    if len(body) > limits.max_bytes:
        raise Refusal(413, f"The body may have {limits.max_bytes} bytes at most.")
    pixels = Pixels(limits)
    sent = taken_apart(body, content_type, limits, pixels)
    answers = [(each, _one(model, each, limits, pixels)) for each in sent]
    refused = [answer for _, answer in answers if isinstance(answer, Refusal)]
    if len(refused) == len(answers):
        raise refused[0]
    return {"model": model.name, "version": model.version, "answers": [tell(model, *each) for each in answers]}


def _one(model: Model, sent: Sent, limits: Limits, pixels: Pixels) -> AnyArray | Refusal:
    """Return a picture's probabilities, or why there are none: the others get theirs."""
    try:
        data = sent.data
        if sent.url:
            data = fetch(sent.url, limits.max_bytes, limits.timeout)
            pixels.take(data)
        picture = decode(model, data, sent.name, limits.max_pixels)
    except Refusal as refusal:
        return refusal
    try:
        (p,) = model.classify([picture])
    except ValueError as problem:  # of the model, a sentence: weights that give no numbers, say
        raise Refusal(500, str(problem)) from None
    return p


@cache
def _model() -> Model:
    """Load the model once; a warm function finds it ready."""
    path = Path(os.environ.get("MINICNN_MODEL", "model.keras"))
    return load(Served(path.name.partition(".")[0], path))
