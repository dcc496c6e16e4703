"""`minicnn saliency`: which pixels of a picture speak for a class, drawn beside it."""

import re

import numpy as np
import pytest
from PIL import Image

from minicnn import Dense, Flatten, Input, Sequential, Softmax, explain
from minicnn.app.cli import main
from minicnn.data import load_image
from minicnn.files import make_card
from minicnn.models import tinyvgg

NAMES = ["hat", "shirt", "shoes"]


@pytest.fixture
def saved(tmp_path):
    """A model file and a picture, larger than the model takes it."""
    model = tinyvgg((16, 16), 3, seed=0)
    model.classifier = make_card(NAMES, (16, 16))
    model.save(tmp_path / "net.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (30, 24, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return model, tmp_path


def run(folder, *more):
    """Run the command."""
    return main(["saliency", str(folder / "net.keras"), str(folder / "a.png"), "-o", str(folder / "out.png"), *more])


@pytest.mark.parametrize("more, label, against", [([], None, None), (["--class", "shoes", "--against", "hat"], 2, 0)])
def test_saliency(saved, capsys, more, label, against):
    model, folder = saved
    assert run(folder, *more) == 0
    x = load_image(folder / "a.png", (16, 16)).astype(np.float32)
    scored = explain.score(model, x, label, against)
    m = explain.saliency(model, x, label, against)
    out = capsys.readouterr().out
    name, p, logit, row, column = re.search(
        r": (\w+) ([\d.]+), its logit.* (-?[\d.]+); pixel \[(\d+), (\d+)\]", out
    ).groups()
    assert name == NAMES[scored.label] and float(logit) == pytest.approx(scored.value, rel=1e-3)
    assert float(p) == pytest.approx(model.predict(x[None])[0, scored.label], abs=1e-3)
    assert m[int(row), int(column)] == m.max()
    assert ("less that of hat" in out) == (against == 0)
    sheet = np.asarray(Image.open(folder / "out.png"))
    assert sheet.shape == (224 + 22, 4 * 224 + 3 * 8, 3)  # four panels, each pixel as 14 x 14
    np.testing.assert_array_equal(sheet[:224:14, :224:14], x)
    maps = (m, explain.grad_cam(model, x, label, against=against), explain.occlusion(model, x, label, against=against))
    for k, values in enumerate(maps, 1):
        panel = sheet[:224:14, k * 232 : k * 232 + 224 : 14]
        np.testing.assert_array_equal(panel, explain.overlay(x.astype(np.uint8), values))


def test_a_net_without_maps_has_no_grad_cam(tmp_path, capsys):
    model = Sequential([Input((8, 8, 3)), Flatten(), Dense(3), Softmax()], seed=0)
    model.classifier = make_card(NAMES, (8, 8))
    model.save(tmp_path / "net.keras")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    assert run(tmp_path) == 0
    told = capsys.readouterr()
    assert "no Grad-CAM" in told.err and "the picture, saliency, occlusion" in told.out


def test_grey_nets_and_nets_of_another_kind(tmp_path, capsys):
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(tmp_path / "a.png")
    for shape, code in (((8, 8, 1), 0), ((8, 8), 2)):
        model = Sequential([Input(shape), Flatten(), Dense(3), Softmax()], seed=0)
        model.classifier = make_card(NAMES, (8, 8), channels=1)
        model.save(tmp_path / "net.keras")
        assert run(tmp_path) == code
    assert "Maps are drawn for nets that take pictures with an axis of channels" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--class", "boat"], "`label` must be one of hat, shirt, shoes. Received: 'boat'."),
        (["--class", "hat", "--against", "hat"], "`against` must be another class"),
        (["-o", "out.jpg"], "`out` must end in .png. Received: 'out.jpg'."),
        (["-o", "no/out.png"], "`out` must lie in a folder that is there. Received: 'no'."),
    ],
)
def test_refusals(saved, capsys, more, sentence):
    _, folder = saved
    assert run(folder, *more) == 2
    assert sentence in capsys.readouterr().err and not (folder / "out.png").exists()


def test_where_the_maps_go_is_looked_at_first(saved, monkeypatch, capsys):
    """They may take minutes."""
    _, folder = saved
    monkeypatch.setattr("minicnn.app.saliency.ask", lambda *_: pytest.fail("computed"))
    assert run(folder, "-o", "out.jpg") == 2 and "must end in .png" in capsys.readouterr().err
