"""The page's one file: template, style, code and data, with a policy that lets nothing else run or be fetched."""

import base64
import hashlib
import json
import re
from importlib import resources
from typing import Any

from .blobs import Blobs

MODULES = (
    "payload",
    "numbers",
    "windows",
    "functions",
    "scores",
    "spread",
    "optimizers",
    "sliding",
    "joining",
    "normalizing",
    "resampling",
    "layers",
    "sentences",
    "net",
    "learning",
    "following",
    "carried",
    "colours",
    "dom",
    "maps",
    "pictures",
    "fields",
    "feeding",
    "seen",
    "patches",
    "address",
    "verdict",
    "sending",
    "weights",
    "terms",
    "folding",
    "strip",
    "columns",
    "choices",
    "overview",
    "formulas",
    "cells",
    "stop",
    "convolution",
    "pixels",
    "others",
    "step",
    "against",
    "backward",
    "ridges",
    "here",
    "history",
    "training",
    "padding",
    "header",
    "stops",
    "tour",
    "trainer",
    "main",
)  # of web/, in an order in which nothing is used before it is there


def html(payload: dict[str, Any], blobs: Blobs) -> bytes:
    """Put template, style, code and data together.

    Parameters
    ----------
    payload : dict
        What the page holds, as JSON: see `page.write`.
    blobs : Blobs
        The arrays that the payload points into.

    Returns
    -------
    text : bytes
        The page, UTF-8.
    """
    style, script = _file("page.css"), bundle()
    # "<" as \u003c: no name in the data can end the script element or open a comment.
    data = json.dumps(payload, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    parts = {"POLICY": policy, "STYLE": style, "SCRIPT": script, "PAYLOAD": data, "BLOBS": blobs.text()}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html")).encode("utf-8")


def bundle() -> str:
    """Put the modules of web/ into one: a page that is opened from a file may not import."""
    return "\n".join(_inlined(name) for name in MODULES)


def _inlined(name: str):
    """Read a module without its imports, and without the word `export`."""
    text = re.sub(r"^import .*?;\n", "", _file(f"{name}.js"), flags=re.M | re.S)
    return re.sub(r"^export (?=(async )?(function|const|class|let) )", "", text, flags=re.M)


def _file(name: str):
    return (resources.files("minicnn.explain.page") / "web" / name).read_text(encoding="utf-8")


def _hash(text: str):
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
