"""The demo with a net that learns at once, and what the command line hands over."""

import csv
import json
import re

import numpy as np
import pytest

import minicnn
from minicnn.app import demo, train
from minicnn.app.cli import main
from minicnn.app.settings import Settings
from minicnn.data import load_image, wardrobe


@pytest.fixture
def small(monkeypatch):
    """Make two pictures of a class instead of 200 and a net of one filter; return what the demo asked for."""
    asked, load = [], wardrobe.load

    def few(per_class, *rest):
        asked.append((per_class, *rest))
        return load(2, *rest)

    def net(size, classes, seed):
        layers = [minicnn.Input((*size, 3)), minicnn.Rescaling(1 / 255), minicnn.Conv2D(1, 3, activation="relu"),
                  minicnn.MaxPooling2D(8), minicnn.Flatten(), minicnn.Dense(classes), minicnn.Softmax()]  # fmt: skip
        return minicnn.Sequential(layers, seed=seed)

    monkeypatch.setattr(wardrobe, "load", few)
    monkeypatch.setattr(demo, "tinyvgg", net)
    return asked


def test_what_the_demo_leaves_and_says(small, tmp_path, capfd):
    said = []
    out = tmp_path / "demo"
    accuracy, baseline = demo.demo(out, seed=3, say=said.append)
    assert small == [(200, "train", 3, 64), (50, "validation", 3, 64)]
    assert sorted(file.name for file in (out / "series").iterdir()) == [
        f"epoch_{epoch:02d}.keras" for epoch in (0, 1, 2, 4, 8, 12)]  # fmt: skip
    with open(out / "history.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 12
    model = minicnn.load_model(out / "model.keras")
    assert model.optimizer.learning_rate == pytest.approx(0.001) and model.classifier["size"] == [64, 64]
    x, y = wardrobe.load(0, "validation", 3, 64)
    assert accuracy == pytest.approx(np.mean(model.predict(x).argmax(-1) == y))
    told = "\n".join(said)
    assert f"right on {accuracy:.1%} of 20 pictures" in told and f"classifier on {baseline:.1%}" in told
    assert "drawing 2,000 pictures" in told and "earlier demo" not in told and f"predict {out}/model.keras" in told
    pictures = wardrobe.load(0, "validation", 3, 64)[0]
    for index, name in enumerate(wardrobe.CLASS_NAMES):
        np.testing.assert_array_equal(load_image(out / "pictures" / f"{name}.png"), pictures[index])
    assert capfd.readouterr().out.count("12/12") <= 1  # the linear classifier learns in silence
    for one, two in zip(minicnn.load_model(out / "series" / "epoch_12.keras").get_weights(), model.get_weights(),
                        strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, two)
    p = model.predict(x)
    wrong = sorted((p[k][y[k]], k) for k in range(20) if p[k].argmax() != y[k])[:5]
    assert len(wrong) == 5  # a net of one filter
    names = wardrobe.CLASS_NAMES
    kept = {f"{names[y[k]]}-taken-for-{names[p[k].argmax()]}-{k}.png": k for _, k in wrong}
    assert {file.name for file in (out / "mistakes").iterdir()} == set(kept)
    for name, k in kept.items():
        np.testing.assert_array_equal(load_image(out / "mistakes" / name), x[k])
    text = (out / "page.html").read_text(encoding="utf-8")
    shown = json.loads(re.search(r'<script type="application/json" id="payload">(.*?)</script>', text, re.S)[1])
    assert [each["name"] for each in shown["pictures"][10:]] == list(kept)
    assert [each["label"] for each in shown["pictures"]] == [*range(10), *(int(y[k]) for _, k in wrong)]
    assert shown["pictures"][shown["first"]]["says"] != shown["pictures"][shown["first"]]["label"]
    demo.demo(out, quick=True, seed=3, say=said.append)
    assert len(list((out / "mistakes").iterdir())) == 5  # the earlier demo's are gone
    assert f"{out}/ holds an earlier demo: it is replaced." in said
    assert small[-2:] == [(20, "train", 3, 64), (5, "validation", 3, 64)]


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [
        ("demo", ("minicnn-demo", False, 0)),
        ("demo --quick --out x --seed 4", ("x", True, 4)),
    ],
)
def test_the_flags_of_demo(monkeypatch, arguments, handed):
    seen = []
    monkeypatch.setattr(demo, "demo", lambda *given: seen.append(given))
    assert main(arguments.split()) == 0 and seen == [handed]


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [
        ("train DIR", ("DIR", "minicnn-run", Settings("tinyvgg", 64, 20, 32, 0.001, 0, 0, False))),
        (
            "train DIR --out o --arch homework --size 9 --epochs 2 --batch-size 3 --lr 0.5 --seed 4 --split-seed 5"
            " --skip-corrupt",
            ("DIR", "o", Settings("homework", 9, 2, 3, 0.5, 4, 5, True)),
        ),
    ],
)
def test_the_flags_of_train(monkeypatch, capsys, arguments, handed):
    seen = []
    monkeypatch.setattr(train, "train", lambda *given: seen.append(given))
    assert main(arguments.split()) == 0 and seen == [handed]
    out = handed[1]
    assert capsys.readouterr().out == f"the model is in {out}/model.keras, its history in {out}/history.csv\n"
