"""A function for a cloud that calls functions: it answers as the server does, without the server's libraries."""

import base64
import json
import os
import subprocess
import sys

import pytest

from minicnn.app.serve import Limits, serverless
from tests.app.serve.serving import ROOT, form, net, picture, predicted, same


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


def test_one_bad_picture_does_not_cost_the_others_their_answers(handler, expected):
    body, kind = form([("x", "0.png", picture(0)), ("x", "bad.png", b"none"), ("x", "1.png", picture(1))])
    event = {"headers": {"Content-Type": kind}, "isBase64Encoded": True, "body": base64.b64encode(body).decode()}
    reply = handler(event)
    first, second, third = json.loads(reply["body"])["answers"]
    assert reply["statusCode"] == 200 and same(first, expected["0.png"]) and same(third, expected["1.png"])
    assert second["error"].startswith("Cannot read the picture bad.png") and "class" not in second


@pytest.mark.parametrize(
    ("event", "status", "why"),
    [
        ({"body": "a", "isBase64Encoded": True}, 400, "The event's body must be base64"),
        ({"body": "****", "isBase64Encoded": True}, 400, "The event's body must be base64"),
        ({"body": "\ud800"}, 400, "The event's body must be base64, or text"),
        ({"body": {"image": "AAAA"}}, 400, "The event's body must be a string. Received: dict."),
        ({"body": "A" * 1001}, 413, "The body may have 1000 bytes at most."),
        ({"headers": {"content-type": None}, "requestContext": {}}, 400, "The request must hold a picture"),
        ({"headers": {}, "body": "x" * 100}, 400, "Cannot read the picture picture 1"),
        ({"body": "[" * 999, "headers": {"content-type": "application/json"}}, 400, "The body must be JSON"),
    ],
)
def test_an_event_that_can_not_be_answered(handler, monkeypatch, event, status, why):
    monkeypatch.setattr(serverless, "Limits", lambda **given: Limits(max_bytes=1000, **given))
    reply = handler(event)
    assert reply["statusCode"] == status and why in json.loads(reply["body"])["error"]


@pytest.mark.parametrize("event", [[], "AAAA", None, {}, {"image": "\ud800"}])
def test_what_is_no_event(handler, event):
    assert handler(event).keys() == {"error"}


def test_pixels_are_counted(handler, monkeypatch):
    monkeypatch.setattr(serverless, "Limits", lambda **given: Limits(max_pixels=48 * 40, **given))
    text = base64.b64encode(picture(0)).decode()
    assert len(handler({"images": [text] * 2})["answers"]) == 2
    assert "pixels at most, together" in handler({"images": [text] * 3})["error"]


def test_an_answer_of_no_numbers_is_said(handler, monkeypatch, tmp_path):
    model = net()
    model.layers[-1].params["kernel"][:] = 3e38  # finite, as long as nothing is multiplied with it
    model.save(tmp_path / "lost.keras")
    monkeypatch.setenv("MINICNN_MODEL", str(tmp_path / "lost.keras"))
    serverless._model.cache_clear()
    reply = handler({"body": base64.b64encode(picture(0)).decode(), "isBase64Encoded": True})
    assert reply["statusCode"] == 500 and "must be finite numbers" in json.loads(reply["body"])["error"]
