"""What the server can do, as OpenAPI 3.1 describes it."""

from typing import Any

from .settings import Limits
from .shelf import Shelf

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
ROW: Json = {
    "type": "object",
    "required": ["picture"],
    "properties": {
        "picture": TEXT | {"description": "What the client called it."},
        "class": TEXT | {"description": 'The most probable class, or "none of these" below the model\'s threshold.'},
        "labels": {"type": "array", "items": TEXT, "description": "In place of class, where each label is for itself."},
        "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
        "error": TEXT | {"description": "Why the picture cannot be read; nothing else is there then."},
    },
}
ANSWER: Json = {
    "type": "object",
    "required": ["model", "version", "answers"],
    "properties": {
        "model": TEXT,
        "version": TEXT | {"description": "The first digits of the SHA-256 of the model's file, or files."},
        "answers": {"type": "array", "items": ROW, "description": "One a picture, in their order."},
    },
}
ERROR: Json = {"type": "object", "required": ["error"], "properties": {"error": TEXT}}
REFUSALS: dict[int, str] = {
    400: "No picture is there, or none can be read.",
    404: "There is no such model.",
    408: "The request took too long to arrive.",
    413: "The body, a picture, all of them together or their number is too large.",
    421: "The header Host is none of the server's names.",
    500: "The model could not answer.",
    503: "Too many pictures wait already; the header Retry-After says in how many seconds to ask again.",
}


def document(shelf: Shelf, limits: Limits) -> Json:
    """Describe a server.

    Parameters
    ----------
    shelf : Shelf
    limits : Limits

    Returns
    -------
    document : dict
    """
    name = {"name": "name", "in": "path", "required": True, "schema": TEXT | {"enum": list(shelf)}}
    post = _post(limits)
    png = {"200": {"description": "The picture, Grad-CAM laid over it.", "content": {"image/png": {"schema": TEXT}}}}
    drawn = post | {"responses": post["responses"] | png}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "minicnn",
            "version": "1",  # of these paths
            "description": "Classifiers of pictures: POST a picture, read its class.",
        },
        "paths": {
            "/predict": {"post": post | {"summary": f"Ask {next(iter(shelf))}, the first model."}},
            "/models/{name}/predict": {"post": post | {"summary": "Ask a model by its name."}, "parameters": [name]},
            "/grad-cam": {"post": drawn | {"summary": f"What speaks for the class, of {next(iter(shelf))}."}},
            "/models/{name}/grad-cam": {"post": drawn | {"summary": "The same of a model."}, "parameters": [name]},
            "/models": {"get": _get("The models, their versions, classes and sizes.")},
            "/healthz": {"get": _get("Whether the server answers.") | {"responses": _responses("It does.", 503)}},
            "/metrics": {"get": _get("Figures, as Prometheus reads them.", "text/plain", TEXT)},
            "/openapi.json": {"get": _get("This document.")},
            "/": {"get": _get("A page where a picture can be dropped.", "text/html", TEXT)},
        },
        "components": {"schemas": {"Answer": ANSWER, "Error": ERROR}},
    }


def _post(limits: Limits) -> Json:
    binary = {"schema": {"type": "string", "format": "binary", "maxLength": limits.max_bytes}}
    files = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
    one, several = TEXT | {"contentEncoding": "base64"}, {"type": "array", "maxItems": limits.pictures}
    choices = [_object("image", one), _object("images", several | {"items": one})]
    if limits.urls:
        address = TEXT | {"format": "uri"}
        choices += [_object("url", address), _object("urls", several | {"items": address})]
    return {
        "requestBody": {
            "required": True,
            "content": {
                "image/*": binary,
                "application/octet-stream": binary,
                "multipart/form-data": {"schema": files},
                "application/json": {"schema": {"oneOf": choices}},
            },
        },
        "responses": {
            "200": {"description": "The answers.", "content": _json("Answer")},
            **{str(status): {"description": told, "content": _json("Error")} for status, told in REFUSALS.items()},
        },
    }


def _object(key: str, schema: Json) -> Json:
    return {"type": "object", "required": [key], "additionalProperties": False, "properties": {key: schema}}


def _get(summary: str, kind: str = "application/json", schema: Json | None = None) -> Json:
    content = {kind: {"schema": schema or {"type": "object"}}}
    return {"summary": summary, "responses": {"200": {"description": summary, "content": content}}}


def _responses(good: str, *others: int) -> Json:
    return {"200": {"description": good}, **{str(status): {"description": REFUSALS[status]} for status in others}}


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
