"""Class and probability of pictures, folders and addresses."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from keras_ref import card, predict
from keras_ref.cli import main


@pytest.fixture
def site(clothes):
    """Serve one picture, one page and one error on the loopback."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            kinds = {"/shirt.jpg": (200, "image/jpeg"), "/page": (200, "text/html"), "/gone.jpg": (404, "text/html")}
            code, kind = kinds[self.path]
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write((clothes / "test/red/0.jpg").read_bytes() if kind == "image/jpeg" else b"<html></html>")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_command(shell, trained, clothes):
    done = shell("predict", trained / "final.keras", clothes / "test/red/0.jpg", clothes / "test/blue")
    lines = done.stdout.splitlines()
    assert "probability" in lines[0] and len(lines) == 1 + 1 + 3
    assert lines[1].split()[0].endswith("0.jpg") and lines[1].split()[1] in ("blue", "green", "red")


def test_json_agrees_with_the_net_itself(trained, clothes, capsys):
    picture = clothes / "test/green/1.jpg"
    assert main(["predict", str(trained / "final.keras"), str(picture), "--json", "--logits"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    net, described, sentence = card.load(trained / "final.keras")
    assert sentence is None
    import keras

    x = keras.utils.img_to_array(keras.utils.load_img(picture, target_size=(71, 71)))[None]
    logits = np.asarray(net(keras.applications.xception.preprocess_input(x)))[0]
    np.testing.assert_allclose(list(row["logits"].values()), logits, rtol=1e-5, atol=1e-7)
    shares = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(list(row["probabilities"].values()), shares, rtol=1e-5)
    assert row["class"] == described.class_names[int(logits.argmax())]
    assert row["probability"] == pytest.approx(shares.max(), rel=1e-5)


def test_one_picture_and_many_agree(trained, clothes):
    net, described, _ = card.load(trained / "final.keras")
    names = predict.sources([str(clothes / "test")])
    many = predict.logits(net, described, names)
    one = predict.logits(net, described, names[4:5])
    np.testing.assert_allclose(one[0], many[4], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("size", ["0", "-3"])
def test_a_size_below_1_is_refused(trained, clothes, capsys, size):
    assert main(["predict", str(trained / "final.keras"), str(clothes / "test/red/0.jpg"), "--size", size]) == 2
    assert capsys.readouterr().err == f"--size must be at least 1. Received: {size}.\n"


def test_probabilities_are_not_squashed_again():
    described = card.Card(("a", "b"), None, "probabilities")
    answers = np.array([[0.9, 0.1]], np.float32)
    assert predict.probabilities(answers, described) is answers


def test_softmax_of_large_logits_is_finite():
    described = card.Card(("a", "b"), None, "logits")
    np.testing.assert_allclose(predict.probabilities(np.array([[1e4, -1e4]]), described), [[1, 0]])


def test_address(trained, site, capsys):
    assert main(["predict", str(trained / "final.keras"), f"{site}/shirt.jpg"]) == 0
    assert "shirt.jpg" in capsys.readouterr().out


def test_address_that_sends_too_much(site, clothes, monkeypatch):
    size = len((clothes / "test/red/0.jpg").read_bytes())
    monkeypatch.setattr(predict, "LARGEST", size)
    assert len(predict.fetch(f"{site}/shirt.jpg")) == size
    monkeypatch.setattr(predict, "LARGEST", size - 1)
    with pytest.raises(ValueError, match="shirt.jpg sends more than 0 MiB, too much for a picture"):
        predict.fetch(f"{site}/shirt.jpg")


def test_address_that_sends_a_page(trained, site, refused):
    refused(["predict", trained / "final.keras", f"{site}/page"], "sends a page (text/html)")


def test_address_that_is_gone(trained, site, refused):
    refused(["predict", trained / "final.keras", f"{site}/gone.jpg"], "404")


def test_address_that_does_not_answer(trained, refused):
    refused(["predict", trained / "final.keras", "http://127.0.0.1:9/shirt.jpg"], "does not answer")


def test_a_picture_that_is_none(trained, tmp_path, refused):
    (tmp_path / "text.jpg").write_text("no picture")
    refused(["predict", trained / "final.keras", tmp_path / "text.jpg"], "Cannot read the picture", "text.jpg")
    refused(["predict", trained / "final.keras", tmp_path / "nothing.jpg"], "nothing.jpg: there is no such file")
    (tmp_path / "empty").mkdir()
    refused(["predict", trained / "final.keras", tmp_path / "empty"], "holds no pictures")


def test_a_model_that_is_none(clothes, tmp_path, refused):
    refused(["predict", tmp_path / "no.keras", clothes / "test"], "no.keras is not there")
    (tmp_path / "bad.keras").write_bytes(b"no zip")
    refused(["predict", tmp_path / "bad.keras", clothes / "test"], "cannot be loaded as a Keras model")
