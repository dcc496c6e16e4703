"""A picture is posted, and its class comes back: as a body, in a form, in JSON; one or several."""

import base64
import hashlib
import io
import json
from http.client import HTTPConnection

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Dense, Flatten, Input, Reshape, Sequential, load_model
from minicnn.app.serve import Limits
from minicnn.data import load_image
from minicnn.explain import grad_cam, overlay
from minicnn.files import make_card
from tests.app.serve.serving import CLASSES, Server, form, inside, net, picture, predicted, same, service_of

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
        (b"{", "application/json", "It goes wrong at line 1, column 2."),
        (b'{"image": "\xff"}', "application/json", "It is not in UTF-8."),
        (b'{"image": ' + b"9" * 5000 + b"}", "application/json", "A number in it is too long."),
        (b"[" * 100_000, "application/json", "It is nested too deeply."),
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


def test_no_depth_of_json_is_a_fault_of_the_server(server):
    for depth in range(900, 1000):  # at one of them it can be read, and not written again
        reply = server.post(b"[" * depth + b"]" * depth, **JSON)
        assert reply.status == 400 and "JSON" in reply.json["error"], depth


HALVES = [
    b'{"url": "http://127.0.0.1/\\ud800"}',
    b'{"urls": ["http://\\udfff"]}',
    b'{"image": "\\ud800"}',
    b'{"\\ud800": 1}',
    b'["\\ud800"]',
]


@pytest.mark.parametrize("body", HALVES)
def test_half_a_character_is_refused(body):
    """JSON may hold what UTF-8 can't: one half of a pair of escapes."""
    with inside(service_of(Limits(urls=True))) as (_, where):
        status, told = asked(where, "/predict", "localhost", body, "application/json")
    assert status == 400 and json.loads(told).keys() == {"error"}


def test_a_name_is_repeated_in_part(server):
    body, kind = form([("x", "a" * 3000, picture(0)), ("x", "b" * 3000, b"none")])
    first, second = server.post(body, content_type=kind).json["answers"]
    assert first["picture"] == "a" * 2000 and second["picture"] == "b" * 2000


def asked(where, path, host, body=None, kind="image/png"):
    """Ask with a header Host."""
    connection = HTTPConnection(*where, timeout=60)
    connection.putrequest("GET" if body is None else "POST", path, skip_host=True)
    for name, value in (("Host", host), ("Content-Type", kind), ("Content-Length", str(len(body or b"")))):
        connection.putheader(name, value)
    connection.endheaders(body)
    reply = connection.getresponse()
    try:
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["[", "]", "x/y", "x?y", "\xe4", ":", "localhost:port"])
def test_a_strange_host_changes_nothing(host):
    with inside(service_of()) as (_, where):
        assert asked(where, "/", host)[0] == 200
        for path in ("/nothing", "/models/", "/predict/"):
            status, told = asked(where, path, host)
            assert status == 404 and json.loads(told) == {"error": f"There is nothing at {path}."}


def test_what_pillow_says_of_a_picture_is_not_kept(model_file):
    """Its sentences name bytes of the picture: each would be printed, and remembered as printed, for ever."""
    file = io.BytesIO()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"  # five entries are announced, and not one is there
    Image.open(io.BytesIO(picture(0))).save(file, "JPEG", exif=exif)
    with pytest.warns(UserWarning, match="Corrupt EXIF data"):
        load_image(io.BytesIO(file.getvalue()))
    with Server(model_file) as server:
        assert server.post(file.getvalue()).status == 200
        file = io.BytesIO()
        Image.open(io.BytesIO(picture(0))).save(file, "TIFF")
        samples = b"\x15\x01\x03\0\x01\0\0\0"  # TIFF's SamplesPerPixel, one short number: 3
        assert samples + b"\3\0" in file.getvalue()
        assert server.post(file.getvalue().replace(samples + b"\3", samples + b"\x7f")).status == 400
    assert server.errors == []


def test_another_ones_name_gets_no_answer():
    """A page of evil.example asks http://evil.example:8000/, after that name has come to mean 127.0.0.1."""
    with inside(service_of(Limits(hosts=("hats.example",)))) as (_, where):
        for host in ("localhost", "127.0.0.1", f"127.0.0.1:{where[1]}", "[::1]:80", "Hats.example:443", "10.0.0.7"):
            assert asked(where, "/predict", host, picture(0))[0] == 200
        for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", ""):
            for path, body in (("/predict", picture(0)), ("/", None), ("/metrics", None), ("/nothing", None)):
                status, told = asked(where, path, host, body)
                assert status == 421 and "--allow-host" in json.loads(told)["error"]


def test_who_listens_to_its_own_machine_answers_for_itself(model_file):
    def statuses(*flags):
        with Server(model_file, *flags) as server:
            where = ("127.0.0.1", server.port)
            return [asked(where, "/healthz", host)[0] for host in ("localhost", "hats.example", "evil.example")]

    assert statuses() == [200, 421, 421]
    assert statuses("--allow-host", "Hats.example") == [200, 200, 421]


def test_what_goes_wrong_inside_is_not_told_to_clients(caplog):
    def fail(pictures):
        raise KeyError("/home/me/secret")

    with inside(service_of(classify=fail)) as (_, where):
        status, told = asked(where, "/predict", "localhost", picture(0))
    assert status == 500 and b"secret" not in told and "standard error" in json.loads(told)["error"]
    assert "/home/me/secret" in caplog.text


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


@pytest.mark.parametrize(
    "layers",
    [
        [Input((32, 32, 3)), Flatten(), Dense(2)],
        [Input((32, 32)), Flatten(), Dense(2)],
        [Input((32, 32)), Reshape((32, 32, 1)), Conv2D(2, 3), Flatten(), Dense(2)],
    ],
)
def test_a_net_without_maps_has_no_grad_cam(tmp_path, layers):
    model = Sequential(layers, seed=0)
    model.classifier = make_card(["no", "yes"], (32, 32), "logits", channels=3 if len(model.input_shape) == 4 else 1)
    model.save(tmp_path / "plain.keras")
    with Server(tmp_path / "plain.keras") as server:
        assert server.post(picture(0)).status == 200
        reply = server.post(picture(0), "/grad-cam")
        assert reply.status == 404 and reply.json["error"] == "plain has no Grad-CAM."


def test_an_answer_of_no_numbers_is_said(tmp_path):
    model = net()
    model.layers[-1].params["kernel"][:] = 3e38  # finite, as long as nothing is multiplied with it
    model.save(tmp_path / "lost.keras")
    with Server(tmp_path / "lost.keras") as server:
        reply = server.post(picture(1))
        assert reply.status == 500 and reply.json["error"].startswith("The model's answers must be finite numbers.")
        assert server.get("/healthz").status == 200
