"""Figures of an evaluation against figures worked out here, and two checkpoints pairwise."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_ref import card, evaluate, pictures
from keras_ref.cli import main
from tests.keras_ref.conftest import draw


def _answers(labels, probabilities):
    probabilities = np.asarray(probabilities, float)
    labels = np.asarray(labels)
    losses = -np.log(probabilities[np.arange(len(labels)), labels])
    return evaluate.Answers(("a", "b", "c"), tuple(range(len(labels))), labels, probabilities, losses)


def test_summary_by_hand():
    result = evaluate.summary(
        _answers([0, 0, 1, 1], [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]])
    )
    assert result["confusion"] == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert (result["right"], result["pictures"], result["accuracy"], result["majority"]) == (3, 4, 0.75, 0.5)
    assert result["loss"] == pytest.approx(-np.log([0.8, 0.3, 0.7, 0.8]).mean())
    assert [(c["precision"], c["recall"]) for c in result["per_class"]] == [
        (1, 0.5),
        (pytest.approx(2 / 3), 1),
        (None, None),
    ]


def test_loss_is_kerass():
    import keras

    raw = np.random.default_rng(0).normal(0, 5, (6, 4))
    labels = np.array([0, 1, 2, 3, 0, 1])
    for output, values in (("logits", raw), ("probabilities", np.abs(raw) / np.abs(raw).sum(axis=1, keepdims=True))):
        _, losses = evaluate._scores(values, labels, output)
        expected = keras.losses.CategoricalCrossentropy(from_logits=output == "logits", reduction=None)(
            np.eye(4)[labels], values
        )
        np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_command(command, trained, clothes, tmp_path):
    done = command("evaluate", trained / "final.keras", clothes, "--out", "figures")
    assert "of 9 test pictures right" in done.out and "95% interval" in done.out and "precision" in done.out
    result = json.loads((tmp_path / "figures/evaluation.json").read_text())
    assert result["split"] == "test" and np.sum(result["confusion"]) == 9
    wrong = 9 - result["right"]
    assert len(result["worst"]) == wrong
    with Image.open(tmp_path / "figures/confusion.png") as drawn:
        assert drawn.width > 400
    assert (tmp_path / "figures/worst.png").exists() == bool(wrong)


def test_it_agrees_with_keras_own_evaluate(trained, clothes):
    net, described, _ = model = card.load(trained / "final.keras", compiled=True)
    found = pictures.read(clothes)
    split = found.splits["validation"]
    loss, accuracy = net.evaluate(
        pictures.Pictures(split.files, described.recipe, split.labels, 3).batches(8), verbose=0
    )
    answers = evaluate.ask(trained, model[:2], found, split.files, split.labels)
    result = evaluate.summary(answers)
    assert result["accuracy"] == pytest.approx(accuracy) and result["loss"] == pytest.approx(loss, rel=1e-5)


def test_classes_in_another_order_are_matched_by_name(trained, clothes, tmp_path):
    net, described, _ = card.load(trained / "final.keras")
    turned = tmp_path / "turned.keras"
    shutil.copyfile(trained / "final.keras", turned)
    card.describe(turned, card.Card(described.class_names[::-1], described.recipe, described.output))
    found = pictures.read(clothes)
    split = found.splits["train"]
    straight, other = (
        evaluate.ask(path, card.load(path)[:2], found, split.files, split.labels)
        for path in (trained / "final.keras", turned)
    )
    np.testing.assert_array_equal(other.labels, 2 - straight.labels)
    np.testing.assert_array_equal(other.probabilities, straight.probabilities)


def test_two_checkpoints(trained, clothes, tmp_path, capsys):
    model, out = str(trained / "final.keras"), tmp_path / "both"
    assert main(["evaluate", model, model, str(clothes), "--split", "validation", "--out", str(out)]) == 0
    result = json.loads((out / "comparison.json").read_text())
    assert result["p"] == 1 and result["a"] == result["b"] and result["split"] == "validation"
    out = capsys.readouterr().out
    assert "Only A is right on 0, only B on 0 pictures: McNemar's exact p = 1.000, no difference beyond chance." in out


def test_refusals(trained, clothes, tmp_path, refused):
    model = trained / "final.keras"
    two = draw(tmp_path / "two", {"train": 2, "validation": 1}, classes=("blue", "red"))
    refused(["evaluate", model, two], "knows 3 classes", "has 2")
    others = draw(tmp_path / "others", {"train": 2, "validation": 1}, classes=("x", "y", "z"))
    refused(["evaluate", model, others], "do not have the same classes")
    refused(["evaluate", model, two, "--split", "test"], "must be one of train, validation", "'test'")
    refused(["evaluate", clothes], "required: DATA")
    refused(["evaluate", model, model, model, clothes], "one or two models", "Received: 3 models")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    refused(["evaluate", model, clothes, "--out", tmp_path / "full"], "is not empty")
    assert not list(tmp_path.glob("evaluation-*"))


def test_corrupt_pictures(trained, tmp_path, refused, capsys):
    root = draw(tmp_path / "clothes", {"train": 2, "validation": 2})
    (root / "validation/red/0.jpg").write_text("no")
    refused(
        ["evaluate", trained / "final.keras", root, "--out", tmp_path / "a"],
        "Cannot read the picture",
        "validation/red/0.jpg",
    )
    assert (
        main(["evaluate", str(trained / "final.keras"), str(root), "--out", str(tmp_path / "b"), "--skip-corrupt"]) == 0
    )
    assert "of 5 validation pictures right" in capsys.readouterr().out
