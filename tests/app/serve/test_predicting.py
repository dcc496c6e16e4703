"""A picture is posted, and its class comes back: as a body, in a form, in JSON; one or several."""

import base64
import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from minicnn import load_model
from minicnn.data import load_image
from minicnn.explain import grad_cam, overlay
from tests.app.serve.serving import CLASSES, Server, form, net, picture, predicted, same

JSON = {"content_type": "application/json"}


@pytest.fixture(scope="module")
def expected(model_file, tmp_path_factory):
    pictures = {f"{k}.png": picture(k) for k in range(3)}
    return predicted(model_file, tmp_path_factory.mktemp("pictures"), pictures)


@pytest.mark.parametrize("kind", [None, "image/png", "application/octet-stream", "application/x-www-form-urlencoded"])
def test_a_body_is_the_picture(server, model_file, expected, kind):
    reply = server.post(picture(1), **({"content_type": kind} if kind else {}))
    version = hashlib.sha256(model_file.read_bytes()).hexdigest()[:12]
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/json"
    assert (reply.json["model"], reply.json["version"]) == ("clothes", version)
    (row,) = reply.json["answers"]
    assert row["picture"] == "picture 1" and same(row, expected["1.png"])
    assert f"clothes ({version}) at http://127.0.0.1:" in server.announced


def test_a_form_holds_files_under_any_name(server, expected):
    body, kind = form([("x", "2.png", picture(2)), ("y", "0.png", picture(0)), ("y", "", picture(1))])
    rows = server.post(body, content_type=kind).json["answers"]
    assert [row["picture"] for row in rows] == ["2.png", "0.png", "picture 3"]
    assert all(same(row, expected[f"{k}.png"]) for row, k in zip(rows, (2, 0, 1), strict=True))


@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
def test_json_holds_base64(server, expected, before):
    texts = [before + base64.b64encode(picture(k)).decode() for k in (2, 1)]
    rows = server.post(json.dumps({"images": texts}), **JSON).json["answers"]
    assert [row["picture"] for row in rows] == ["picture 1", "picture 2"]
    assert same(rows[0], expected["2.png"]) and same(rows[1], expected["1.png"])
    (row,) = server.post(json.dumps({"image": texts[0]}), **JSON).json["answers"]
    assert row["probabilities"] == pytest.approx(rows[0]["probabilities"], abs=1e-6)


def test_what_can_not_be_read_does_not_cost_the_others_their_answers(server, expected):
    body, kind = form([("x", "0.png", picture(0)), ("x", "bad.png", b"no picture"), ("x", "2.png", picture(2))])
    reply = server.post(body, content_type=kind)
    first, second, third = reply.json["answers"]
    assert reply.status == 200 and same(first, expected["0.png"]) and same(third, expected["2.png"])
    assert second["picture"] == "bad.png" and second["error"].startswith(
        "Cannot read the picture bad.png: it is none of"
    )
    assert "class" not in second and "probabilities" not in second


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"no picture", "image/png", "Cannot read the picture picture 1: it is none of"),
        (picture(0)[:200], "image/png", "Cannot read the picture picture 1: it is damaged"),
        (b"", "image/png", "The request must hold a picture: as its body, in a form, or in JSON as base64."),
        (b"{", "application/json", "The body must be JSON, as its Content-Type says."),
        (b"[" * 100_000, "application/json", "The body must be JSON, as its Content-Type says."),
        (b"[]", "application/json", 'must be an object with one of the keys {"image", "images", "url", "urls"}'),
        (b'{"image": "", "images": []}', "application/json", "The JSON must be an object with one of the keys"),
        (b'{"picture": "AAAA"}', "application/json", 'Received: ["picture"].'),
        (b'{"image": 3}', "application/json", '"image" must be a string. Received: 3.'),
        (b'{"images": "AAAA"}', "application/json", '"images" must be a list of strings. Received: "AAAA".'),
        (b'{"images": []}', "application/json", "The request must hold a picture"),
        (b'{"image": "AAA"}', "application/json", "Picture 1 must be base64."),
        (b'{"images": ["AAAA", "\xc3\xa4"]}', "application/json", "Picture 2 must be base64."),
        (b'{"url": "http://example.com/hat.png"}', "application/json", "This server fetches no addresses"),
        (b"a=b", "multipart/form-data", "A form's Content-Type must name its boundary."),
        (b"a=b", "multipart/form-data; boundary=x", "The body must be a form, as its Content-Type says"),
        (form([("x", "a.png", b"a")], "x")[0][:-4], "multipart/form-data; boundary=x", "The form has no end"),
        (form([("x", None, b"a")], "x")[0], "multipart/form-data; boundary=x", "fields must be files. Received: 'x'."),
        (form([], "x")[0], "multipart/form-data; boundary=x", "The request must hold a picture"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_a_sentence(server, body, kind, sentence):
    reply = server.post(body, content_type=kind)
    assert reply.status == 400 and sentence in reply.json["error"], reply.data
    assert "Retry-After" not in reply.headers and reply.json.keys() == {"error"}


def test_other_paths_and_methods(server):
    assert server.post(picture(0), "/models/coats/predict").json["error"] == (
        "There is no model 'coats'; there are: clothes."
    )
    assert server.post(picture(0), "/models/coats/predict").status == 404
    assert (
        server.get("/nothing").status == 404 and server.get("/nothing").json["error"] == "There is nothing at /nothing."
    )
    refused = server.get("/predict")
    assert refused.status == 405 and refused.headers["Allow"] == "POST" and refused.json["error"]
    refused = server.post(picture(0), "/predict?top=3")
    assert refused.status == 400 and refused.json["error"] == "No query is understood here. Received: 'top=3'."


def test_who_was_refused_may_ask_again_on_the_same_connection(server, expected):
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for body, status in ((b"no picture", 400), (picture(1), 200), (b"", 400), (picture(2), 200)):
        connection.request("POST", "/predict", body)
        reply = connection.getresponse()
        data = json.loads(reply.read())
        assert reply.status == status
    connection.close()
    assert same(data["answers"][0], expected["2.png"])


def test_several_models_by_name(tmp_path, model_file):
    other = ["left", "right"]
    net(5, other, size=24).save(tmp_path / "sides.keras")
    with Server(model_file, f"turned={tmp_path / 'sides.keras'}") as server:
        told = server.get("/models").json["models"]
        assert [(each["name"], each["class_names"], each["size"]) for each in told] == [
            ("clothes", CLASSES, [32, 32]),
            ("turned", other, [24, 24]),
        ]
        first = server.post(picture(1))
        by_name = server.post(picture(1), "/models/clothes/predict")
        assert first.json == by_name.json and first.json["model"] == "clothes"
        (row,) = server.post(picture(1), "/models/turned/predict").json["answers"]
        assert same(row, predicted(tmp_path / "sides.keras", tmp_path, {"1.png": picture(1)})["1.png"])
        assert server.get("/healthz").json["models"] == {each["name"]: each["version"] for each in told}


@pytest.mark.parametrize("path", ["/grad-cam", "/models/clothes/grad-cam"])
def test_grad_cam_is_the_librarys(server, model_file, path):
    model = load_model(model_file)
    pixels = load_image(io.BytesIO(picture(2)), (32, 32), "bilinear")
    reply = server.post(picture(2), path)
    assert reply.status == 200 and reply.headers["Content-Type"] == "image/png"
    drawn = np.asarray(Image.open(io.BytesIO(reply.data))).astype(int)
    expected = overlay(pixels, grad_cam(model, pixels.astype(np.float32))).astype(int)
    assert drawn.shape == (32, 32, 3) and np.abs(drawn - expected).max() <= 1


def test_grad_cam_is_of_one_picture_that_can_be_read(server):
    body, kind = form([("x", "0.png", picture(0)), ("x", "2.png", picture(2))])
    refused = server.post(body, "/grad-cam", content_type=kind)
    assert refused.status == 400 and refused.json["error"] == "Here one picture is taken at a time. Received: 2."
    assert server.post(b"none", "/grad-cam").status == 400
    assert server.post(picture(0), "/models/coats/grad-cam").status == 404


def test_an_answer_of_no_numbers_is_said(tmp_path):
    model = net()
    model.layers[-1].params["kernel"][:] = 3e38  # finite, as long as nothing is multiplied with it
    model.save(tmp_path / "lost.keras")
    with Server(tmp_path / "lost.keras") as server:
        reply = server.post(picture(1))
        assert reply.status == 500 and reply.json["error"].startswith("The model's answers must be finite numbers.")
        assert server.get("/healthz").status == 200
