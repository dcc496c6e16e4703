"""The commands: explain, walk, shapes."""

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Dense, Flatten, Input, Sequential, Softmax, load_model
from minicnn.app.cli import main
from minicnn.models import tinyvgg
from tests.explain.page.conftest import payload


def test_explain(saved, capsys):
    assert main(["explain", str(saved / "net.keras"), str(saved / "shirt.png"), "-o", str(saved / "page.html")]) == 0
    said = capsys.readouterr()
    assert "for any browser; it needs no network" in said.out and "guess" not in said.err
    data = payload(saved / "page.html")
    assert data["title"] == "net.keras" and data["classes"] == ["hat", "shirt", "shoes"]
    assert data["pictures"][0]["name"] == "shirt.png" and data["pictures"][0]["label"] == 1  # named after it


def test_a_calibrated_net_is_shown_and_what_predict_adds_is_said(saved, capsys):
    page, model = str(saved / "page.html"), load_model(saved / "net.keras")
    assert main(["explain", str(saved / "net.keras"), str(saved / "shirt.png"), "-o", page]) == 0
    plain = payload(saved / "page.html")
    capsys.readouterr()
    model.classifier |= {"temperature": 2.5, "threshold": 0.6}
    model.save(saved / "net.keras")
    assert main(["explain", str(saved / "net.keras"), str(saved / "shirt.png"), "-o", page]) == 0
    assert payload(saved / "page.html") == plain
    told = "note: the page shows the net's own probabilities; predict applies its temperature 2.5 and threshold 0.6."
    assert told in capsys.readouterr().err


def test_what_no_card_says_is_asked_of_the_folder_and_the_model_and_else_guessed_aloud(saved, capsys):
    """The page takes pictures as predict does: labels.txt beside the file, then the model, then a guess."""
    tinyvgg((16, 16), 3, seed=0).save(saved / "bare.keras")
    (saved / "labels.txt").write_text("0 coat\n1 boot\n2 sock\n")
    command = ["explain", str(saved / "bare.keras"), str(saved / "shirt.png"), "-o", str(saved / "page.html")]
    assert main(command) == 0
    data, said = payload(saved / "page.html"), capsys.readouterr().err
    assert data["classes"] == ["coat", "boot", "sock"] and data["loss"]["output"] == "probabilities"
    assert data["preprocess"] == {
        **{"size": [16, 16], "resize": "nearest", "crop": "none", "invert": False, "scale": 1.0, "offset": 0.0}
    }
    assert 'has no classifier.json: a guess is resize "nearest". --classes, --size, --scale and --offset say' in said
    (saved / "labels.txt").unlink()
    assert main(command) == 0
    assert payload(saved / "page.html")["classes"] == ["class 0", "class 1", "class 2"]
    assert "classes are numbered" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["explain", "net.keras", "none.png"], "Cannot read the picture none.png: there is no such file."),
        (["explain", "net.keras", "shirt.png", "--classes", "a,b"], "`classes` must be 3 names, one for each output."),
        (["explain", "net.keras", "shirt.png", "--size", "20"], "`size` must be 16 x 16, the model's."),
        (["explain", ".", "shirt.png", "-o", "no/page.html"], "there is no folder"),
        (["shapes", "8x8x3", "blur"], "the word 'blur'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(saved, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(saved)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said
    assert not (saved / "page.html").exists()


def test_walk_and_shapes(capsys):
    assert main(["walk", "softmax"]) == 0 and "sum to 1" in capsys.readouterr().out
    assert main(["shapes", "8x8x1", "pool", "3"]) == 0 and "the floor drops 2 pixels" in capsys.readouterr().out


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_net_that_diverged_is_refused_and_named(tmp_path, monkeypatch, capsys, value):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "series").mkdir()
    model = Sequential([Input((8, 8, 3)), Conv2D(2, 3), Flatten(), Dense(2), Softmax()], seed=0)
    model.save("series/epoch_1.keras")
    model.get_layer("dense").params["kernel"][3, 1] = value
    model.save("series/epoch_2.keras")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save("black.png")
    assert main(["explain", "series", "black.png"]) == 2
    said = capsys.readouterr().err
    assert f"Received: 'epoch 2', where 'dense/kernel' holds {value}." in said and "Traceback" not in said
    assert not (tmp_path / "page.html").exists()
