"""Class and probability of pictures, folders and addresses."""

import csv
import dataclasses
import io
import json
import os
import shutil
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from keras_ref import pictures, predict
from keras_ref.commands import main
from keras_ref.model import card
from keras_ref.runtime import Diverged
from tests.keras_ref import colours


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


@pytest.mark.parametrize(("place", "words"), [("page", "sends a page (text/html)"), ("gone.jpg", "404")])
def test_address_of_no_picture(trained, site, command, place, words):
    told = command("predict", trained / "final.keras", f"{site}/{place}", code=1)
    assert words in told.err and told.err.count("\n") == 1 and not told.out


def test_address_that_does_not_answer(trained, command):
    address = "http://127.0.0.1:9/shirt.jpg"
    assert "does not answer" in command("predict", trained / "final.keras", address, code=1).err


def test_a_picture_that_is_none(trained, tmp_path, command, refused):
    """Named, and 1: as where others are read. Each form is whole without a row, too."""
    (tmp_path / "text.jpg").write_text("no picture")
    files = [tmp_path / "text.jpg", tmp_path / "nothing.jpg"]
    head = "picture,class,probability,p_blue,p_green,p_red\n"
    for form, out in (((), ""), (("--json",), "[]\n"), (("--csv",), head)):
        told = command("predict", trained / "final.keras", *files, *form, code=1)
        assert told.out == out and told.err.count("\n") == 2
        assert "Cannot read the picture" in told.err and "nothing.jpg: there is no such file" in told.err
    (tmp_path / "empty").mkdir()
    refused(["predict", trained / "final.keras", tmp_path / "empty"], "holds no pictures")


@pytest.fixture
def mixed(trained, clothes, tmp_path):
    """Give the model and a folder of 40 pictures, of which number 0 and number 35 are none."""
    where = tmp_path / "mixed"
    where.mkdir()
    for k in range(40):
        if k in (0, 35):
            (where / f"{k:02d}.jpg").write_text("no")
        else:
            (where / f"{k:02d}.jpg").write_bytes((clothes / f"train/red/{k % 8}.jpg").read_bytes())
    return trained / "final.keras", where


def test_the_forms_agree_and_go_on_after_what_is_no_picture(mixed, command):
    told = {form: command("predict", *mixed, *form, code=1) for form in ((), ("--json",), ("--csv",), ("--logits",))}
    listed = json.loads(told["--json",].out)
    tabled = list(csv.DictReader(io.StringIO(told["--csv",].out)))
    names = [f"{mixed[1]}/{k:02d}.jpg" for k in range(40) if k not in (0, 35)]
    assert [row["picture"] for row in listed] == [row["picture"] for row in tabled] == names
    for row, cells, line in zip(listed, tabled, told[()].out.splitlines()[1:], strict=True):
        assert cells["class"] == row["class"] and float(cells["probability"]) == row["probability"]
        assert {f"p_{name}": str(p) for name, p in row["probabilities"].items()}.items() <= cells.items()
        assert line.split() == [row["picture"], row["class"], f"{row['probability']:.3f}"]
    assert len(told["--logits",].out.splitlines()) == 1 + 38
    for each in told.values():
        assert each.err.count("Cannot read the picture") == 2 and each.err.index("00.jpg") < each.err.index("35.jpg")


def test_a_name_that_is_no_text(clothes, trained, command, tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.jpg")
    try:
        path.write_bytes((clothes / "test/red/0.jpg").read_bytes())
    except OSError:
        pytest.skip("this file system has no such names")
    names = [path, clothes / "test/red/0.jpg"]
    told = {form: command("predict", trained, *names, f"--{form}").out for form in ("json", "csv", "logits")}
    assert [row["picture"] for row in json.loads(told["json"])] == list(map(str, names))
    assert r"\udcff.jpg," in told["csv"] and r"\udcff.jpg " in told["logits"]
    root = shutil.copytree(clothes, tmp_path / "clothes")
    shutil.copy(path, root / "test/red")
    command("evaluate", trained, root, "--out", "out")
    assert r"test/red/\udcff.jpg,red," in (tmp_path / "out/answers.csv").read_text()


@pytest.mark.parametrize("end, code", [(KeyboardInterrupt(), 130), (Diverged("No answer is finite."), 2)])
def test_json_is_whole_where_it_is_interrupted(mixed, command, monkeypatch, end, code):
    rows = predict.rows

    def stopped(*arguments):
        yield from (next(some) for some in [rows(*arguments)] for _ in range(3))
        raise end

    monkeypatch.setattr(predict, "rows", stopped)
    told = command("predict", *mixed, "--json", code=code)
    assert [row["picture"][-6:] for row in json.loads(told.out)] == ["01.jpg", "02.jpg"]
    assert len(list(csv.DictReader(io.StringIO(command("predict", *mixed, "--csv", code=code).out)))) == 2


def test_rows_come_while_others_are_read(mixed, monkeypatch):
    """The first batch is answered before the last picture is read, and no picture is read far ahead."""
    net, described, _ = card.load(mixed[0])
    held, began = threading.Event(), []

    def read(described, name, limit):
        began.append(name)
        if name == "last":
            assert held.wait(60)
        return np.zeros((71, 71, 3), np.uint8)

    monkeypatch.setattr(predict, "read", read)
    monkeypatch.setattr(predict, "AHEAD", 40)
    rows = predict.rows(net, described, ["a"] * 39 + ["last"] + ["b"] * 100)
    first = [next(rows) for _ in range(32)]
    assert [row.name for row in first] == ["a"] * 32 and len(began) <= 32 + 40
    held.set()
    assert [row.name for row in rows] == ["a"] * 7 + ["last"] + ["b"] * 100


def test_many_are_read_at_once(trained, monkeypatch):
    net, described, _ = card.load(trained / "final.keras")
    together = threading.Barrier(predict.READERS)

    def read(described, name, limit):
        together.wait(60)  # nobody goes on before READERS are here
        return np.zeros((71, 71, 3), np.uint8)

    monkeypatch.setattr(predict, "read", read)
    monkeypatch.setattr(predict.os, "cpu_count", lambda: 1)
    assert len(list(predict.rows(net, described, ["a"] * 2 * predict.READERS))) == 2 * predict.READERS


def test_a_dripping_address_among_others(trained, clothes, command):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/never.jpg"
        picture = clothes / "test/red/0.jpg"
        told = command("predict", trained, address, picture, "--timeout", "0.5", code=1)  # a run folder, too
    assert "never.jpg" in told.err and str(picture) in told.out


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--size", "100"], "takes pictures of 71 x 71 px. Received: size 100 x 100."),
        (["--scale", "0"], "--scale must be a number other than 0. Received: 0.0."),
        (["--scale", "nan"], "'scale' must be a finite number other than 0"),
        (["--temperature", "0"], "--temperature must be a number above 0. Received: 0.0."),
        (["--temperature", "nan"], "--temperature must be a number above 0. Received: nan."),
        (["--threshold", "1.5"], "'threshold' must be null or a number in 0..1. Received: 1.5."),
        (["--timeout", "0"], "--timeout must be above 0"),
        (["--json", "--csv"], "not allowed with argument"),
    ],
)
def test_flags_that_cannot_be(trained, clothes, refused, flags, sentence):
    refused(["predict", trained / "final.keras", clothes / "test/red/0.jpg", *flags], sentence)


def test_pictures_too_small_for_a_net_of_any_size(tmp_path, clothes, refused):
    import keras

    layers = [keras.Input((None, None, 3)), keras.layers.Conv2D(2, 9), keras.layers.GlobalAveragePooling2D()]
    net = keras.Sequential([*layers, keras.layers.Dense(2)])
    card.save(net, tmp_path / "any.keras", card.Card(("a", "b"), pictures.Recipe(20, 20)))
    told = refused(["predict", tmp_path / "any.keras", clothes / "test/red/0.jpg", "--size", "4"], "any.keras")
    assert "needs larger pictures. Received: size 4 x 4" in told


def test_temperature_and_threshold_of_the_card_and_of_the_flags(tmp_path, command):
    colours.save(tmp_path / "m.keras")
    colours.paint(tmp_path, {"red.png": (255, 51, 0)})  # logits 0, 1, 5
    net, described, _ = card.load(tmp_path / "m.keras")
    card.describe(tmp_path / "m.keras", dataclasses.replace(described, temperature=2.5, threshold=0.8))
    cool = 1 / (1 + np.exp(-1.6) + np.exp(-2))  # 0.7473
    plain = 1 / (1 + np.exp(-4) + np.exp(-5))  # 0.9756
    for flags, answer, share in (
        ((), "none of these", cool),
        (("--threshold", "0.7"), "red", cool),
        (("--temperature", "1"), "red", plain),
        (("--temperature", "1", "--threshold", "0.98"), "none of these", plain),
    ):
        (row,) = json.loads(command("predict", "m.keras", "red.png", "--json", *flags).out)
        assert row["class"] == answer and row["probability"] == pytest.approx(share, abs=1e-6)
        assert answer in command("predict", "m.keras", "red.png", *flags).out
    from minicnn.app.cli import main as engine

    (ours,) = json.loads(command("predict", "m.keras", "red.png", "--json").out)
    assert engine(["predict", "m.keras", "red.png", "--json"]) == 0
    (theirs,) = json.loads(command.rest().out)
    assert theirs["class"] == ours["class"]
    np.testing.assert_allclose(list(theirs["probabilities"].values()), list(ours["probabilities"].values()), atol=1e-6)


def test_a_temperature_on_probabilities(tmp_path):
    described = card.Card(("a", "b"), None, "probabilities", temperature=2.0)
    shares = predict.probabilities(np.array([[0.8, 0.2], [1, 0]], np.float32), described)
    root = np.sqrt(np.float64([0.8, 0.2]))
    np.testing.assert_allclose(shares[0], root / root.sum(), rtol=1e-6)
    assert np.isfinite(shares).all() and shares[1, 0] == pytest.approx(1 / (1 + 1e-7**0.5))


def test_a_model_that_is_none(clothes, tmp_path, refused):
    refused(["predict", tmp_path / "no.keras", clothes / "test"], "no.keras is not there")
    (tmp_path / "bad.keras").write_bytes(b"no zip")
    refused(["predict", tmp_path / "bad.keras", clothes / "test"], "cannot be loaded as a Keras model")
