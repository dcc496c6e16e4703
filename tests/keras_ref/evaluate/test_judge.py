"""Figures of an evaluation against figures worked out here, and two checkpoints pairwise."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_ref import evaluate, pictures, predict
from keras_ref.commands import main
from keras_ref.evaluate import figures
from keras_ref.model import card
from tests.keras_ref import colours
from tests.keras_ref.conftest import draw


def _answers(labels, probabilities, names=("a", "b", "c"), **settings):
    described = card.Card(names, None, "logits", **settings)
    logits = np.log(np.asarray(probabilities, float))
    return figures.Answers(described, tuple(range(len(labels))), np.asarray(labels), logits)


def test_summary_by_hand():
    result = figures.summary(
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


def test_what_accuracy_does_not_tell():
    """Four classes, the last of them never right: worked out on paper."""
    p = [[0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1], [0.1, 0.7, 0.15, 0.05], [0.5, 0.3, 0.15, 0.05]]
    labels, names = [0, 1, 1, 3], ("a", "b", "c", "d")
    result = figures.summary(_answers(labels, p, names), {"d": 5, "b": 4})
    assert result["top3"] == 0.75
    # a: 1 right of 3 named, of 1 there; b: 1 of 1 named, of 2; c is neither named nor there; d: never named, 1 there
    assert result["macro_f1"] == pytest.approx((2 * 1 / 4 + 2 * 1 / 3 + 0) / 3)
    assert (result["majority"], result["majority_class"], result["majority_of"]) == (0.25, "d", "training")
    assert result["answered"] is None and result["temperature"] is None
    untold = figures.summary(_answers(labels, p, names))
    assert (untold["majority"], untold["majority_class"], untold["majority_of"]) == (0.5, "b", "the split")
    kept = figures.summary(_answers(labels, p, names, threshold=0.45))["answered"]
    assert kept == {"threshold": 0.45, "pictures": 2, "right": 1}
    cooled = _answers(labels, p, names, temperature=2.0)
    np.testing.assert_allclose(cooled.probabilities[0], np.sqrt(p[0]) / np.sqrt(p[0]).sum())


def test_answers_are_predicts_where_units_do_not_add_up_to_one():
    """Three sigmoid units of a net that names one class: neither package divides them by their sum."""
    described = card.Card(("a", "b", "c"), None, "probabilities", threshold=0.6)
    raw = np.array([[0.9, 0.8, 0.1], [0.2, 0.5, 0.3]], np.float32)
    answers = figures.Answers(described, (), np.array([0, 1]), np.float64(raw))
    np.testing.assert_array_equal(answers.probabilities, raw)
    said = [predict.named(row, described) for row in predict.probabilities(raw, described)]
    assert said == [predict.named(row, described) for row in answers.probabilities] == ["a", "none of these"]
    assert figures.summary(answers)["answered"] == {"threshold": 0.6, "pictures": 1, "right": 1}


def test_every_pictures_answer_is_written(command, trained, clothes, tmp_path):
    command("evaluate", trained / "final.keras", clothes, "--out", "figures")
    rows = list(csv.DictReader((tmp_path / "figures/answers.csv").read_text().splitlines()))
    result = json.loads((tmp_path / "figures/evaluation.json").read_text())
    told = json.loads(command("predict", trained / "final.keras", clothes / "test", "--json").out)
    by_name = {row["picture"].removeprefix(f"{clothes}/"): row for row in told}
    assert {row["picture"] for row in rows} == by_name.keys() and len(rows) == 9
    for row in rows:
        assert row["is"] == row["picture"].split("/")[1] and row["class"] == by_name[row["picture"]]["class"]
        for name, p in by_name[row["picture"]]["probabilities"].items():
            assert float(row[f"p_{name}"]) == pytest.approx(p, abs=1e-5)
        assert float(row["loss"]) == pytest.approx(-np.log(float(row[f"p_{row['is']}"])), abs=1e-5)
    assert sum(row["is"] == row["class"] for row in rows) == result["right"]
    assert np.mean([float(row["loss"]) for row in rows]) == pytest.approx(result["loss"])
    with Image.open(tmp_path / "figures/gradcam.png") as drawn:
        assert drawn.size == (10 + 8 * 160, 40 + 2 * 194)


def test_the_largest_class_is_trainings(command, tmp_path):
    """Training has most of red, test most of blue: to name red always is right on one of four."""
    painted = {"train/red/%d.png": 3, "train/blue/%d.png": 1, "train/green/%d.png": 1, "test/blue/%d.png": 2}
    painted |= {"test/red/%d.png": 1, "test/green/%d.png": 1, "validation/blue/%d.png": 1}
    painted |= {"validation/red/%d.png": 1, "validation/green/%d.png": 1}
    names = [name % k for name, n in painted.items() for k in range(n)]
    colours.paint(tmp_path / "data", {name: (40 * k, 9 * k, 200 - 9 * k) for k, name in enumerate(names)})
    colours.save(tmp_path / "m.keras")
    told = command("evaluate", "m.keras", "data", "--out", "figures").out
    assert "always naming red, the largest class of training: 0.2500." in told
    assert not (tmp_path / "figures/gradcam.png").exists()  # of a net without maps


def test_loss_is_kerass():
    import keras

    raw = np.random.default_rng(0).normal(0, 5, (6, 4))
    labels = np.array([0, 1, 2, 3, 0, 1])
    for output, values in (("logits", raw), ("probabilities", np.abs(raw) / np.abs(raw).sum(axis=1, keepdims=True))):
        described = card.Card(tuple("abcd"), None, output)
        losses = figures.Answers(described, (), labels, values).losses
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
    result = figures.summary(answers)
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
