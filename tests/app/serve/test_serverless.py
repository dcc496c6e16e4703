"""A function for a cloud that calls functions: it answers as the server does, without the server's libraries."""

import base64
import json
import os
import subprocess
import sys

import pytest

from minicnn.app.serve import serverless
from tests.app.serve.serving import ROOT, form, picture, predicted, same


@pytest.fixture
def handler(model_file, monkeypatch):
    monkeypatch.setenv("MINICNN_MODEL", str(model_file))
    serverless._model.cache_clear()
    yield serverless.handler
    serverless._model.cache_clear()


@pytest.fixture(scope="module")
def expected(model_file, tmp_path_factory):
    return predicted(model_file, tmp_path_factory.mktemp("pictures"), {f"{k}.png": picture(k) for k in range(2)})


def test_an_event_by_itself(handler, expected):
    told = handler({"image": base64.b64encode(picture(1)).decode()}, None)
    assert told["model"] == "clothes" and same(told["answers"][0], expected["1.png"])
    assert handler({"image": "no"}) == {"error": "Picture 1 must be base64. Incorrect padding."}
    assert "fetches no addresses" in handler({"url": "http://example.com/hat.png"})["error"]


def test_an_event_of_http(handler, expected):
    def asked(body, kind):
        event = {"headers": {"Content-Type": kind}, "isBase64Encoded": True, "body": base64.b64encode(body).decode()}
        reply = handler(event)
        return reply["statusCode"], json.loads(reply["body"])

    status, told = asked(picture(0), "image/png")
    assert status == 200 and same(told["answers"][0], expected["0.png"])
    body, kind = form([("x", "1.png", picture(1)), ("x", "0.png", picture(0))])
    status, told = asked(body, kind)
    assert [row["picture"] for row in told["answers"]] == ["1.png", "0.png"]
    assert all(same(row, expected[row["picture"]]) for row in told["answers"])
    assert asked(b"none", "image/png")[0] == 400
    reply = handler({"body": json.dumps({"image": base64.b64encode(picture(1)).decode()}),
                     "headers": {"content-type": "application/json"}})  # fmt: skip
    assert same(json.loads(reply["body"])["answers"][0], expected["1.png"])
    assert handler({"body": None, "headers": None})["statusCode"] == 400


def test_addresses_are_fetched_where_they_are_allowed(handler, expected, monkeypatch):
    monkeypatch.setenv("MINICNN_ALLOW_URLS", "1")
    monkeypatch.setattr(serverless, "fetch", lambda url, *_: picture(1) if url == "https://example.com/1.png" else b"")
    (row,) = handler({"url": "https://example.com/1.png"})["answers"]
    assert row["picture"] == "https://example.com/1.png" and same(row, expected["1.png"])


def test_it_needs_no_server(model_file):
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['starlette', 'uvicorn', 'python_multipart']))\n"
        "import base64; from minicnn.app.serve.serverless import handler\n"
        "print(handler({'image': sys.stdin.read()})['answers'][0]['class'])"
    )
    text, told = base64.b64encode(picture(1)).decode(), {**os.environ, "MINICNN_MODEL": str(model_file)}
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, env=told, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() in ("coat", "dress", "hat", "shirt", "shoes")
