"""Temperatures and thresholds against what a search over a grid finds, and calibration error against loops."""

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_ref import predict
from keras_ref.commands import main
from keras_ref.evaluate import calibration, figures
from keras_ref.model import card
from minicnn.app import predict as engine_predict
from minicnn.files import make_card, read_card
from tests.keras_ref.conftest import draw


def drawn(seed, n=60, classes=4, sure=1.0):
    """Logits that are right more often than not, and sometimes very wrong; labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=n)
    logits = random.normal(0, 1, (n, classes))
    logits[np.arange(n), labels] += 1.0
    return logits * sure, labels


def loss(logits, labels):
    """Keras's own cross-entropy."""
    import keras

    one_hot = np.eye(logits.shape[1])[labels]
    return float(keras.losses.CategoricalCrossentropy(from_logits=True)(one_hot, logits))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sure", [0.05, 1.0, 30.0])
def test_no_temperature_nearby_has_a_smaller_loss(seed, sure):
    logits, labels = drawn(seed, sure=sure)
    best = calibration.temperature(logits, labels)
    least = loss(logits / best, labels)
    for other in best * np.array([0.2, 0.8, 0.97, 1.03, 1.25, 5]):
        assert least < loss(logits / other, labels)


@given(st.integers(0, 10**6), st.floats(0.1, 10))
def test_logits_twice_as_large_want_twice_the_temperature(seed, factor):
    logits, labels = drawn(seed)
    once = calibration.temperature(logits, labels)
    assert calibration.temperature(factor * logits, labels) == pytest.approx(factor * once, rel=1e-6)


def test_where_no_temperature_is_best():
    labels = np.array([0, 1, 2, 0])
    with pytest.raises(ValueError, match="all of the 4 pictures are answered right"):
        calibration.temperature(np.eye(3)[labels], labels)
    with pytest.raises(ValueError, match="answers to the 4 pictures are no better than a guess"):
        calibration.temperature(-np.eye(3)[labels], labels)


@given(st.integers(0, 10**6), st.integers(1, 200))
def test_the_calibration_error_is_that_of_loops(seed, n):
    logits, labels = drawn(seed, n, sure=3.0)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    error = 0.0
    for k in range(15):
        inside = [i for i in range(n) if k / 15 <= p[i].max() < (k + 1) / 15 or (k == 14 and p[i].max() == 1)]
        if inside:
            right = np.mean([p[i].argmax() == labels[i] for i in inside])
            error += len(inside) / n * abs(right - np.mean([p[i].max() for i in inside]))
    assert calibration.expected_error(p, labels) == pytest.approx(error, abs=1e-12)


def test_the_calibration_error_on_paper():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])
    assert calibration.expected_error(p, np.array([0, 1, 1])) == pytest.approx((2 * 0.4 + 0.6) / 3)
    assert calibration.expected_error(np.eye(2), np.array([0, 1])) == 0


@given(st.integers(0, 10**6), st.floats(0, 0.99))
def test_a_threshold_rejects_no_more_right_answers_than_asked(seed, share):
    logits, labels = drawn(seed)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    sure = p.max(axis=1)[p.argmax(axis=1) == labels]
    least = calibration.threshold(p, labels, share)
    assert (sure < least).sum() <= share * len(sure) < (sure <= least + 1.1 * calibration.MARGIN).sum()


def test_a_threshold_rejects_no_right_answer_by_rounding():
    """In another batch predict may have the next smaller float32."""
    described = card.Card(("a", "b"), None, "probabilities")
    p = np.array([[0.7, 0.3]])
    described = dataclasses.replace(described, threshold=calibration.threshold(p, np.array([0]), 0.0))
    again = np.nextafter(p.astype(np.float32), np.float32(0))
    assert predict.named(predict.probabilities(again, described)[0], described) == "a"
    assert calibration.threshold(np.array([[1e-9, 0.0]]), np.array([0]), 0.0) == 0


def test_saturated_answers_are_bounded_alike_by_all():
    """A hundred answers of exactly 0 and 1, one of them wrong: sigmoid(log(1e7) / T) must be 0.99, on paper."""
    labels = np.arange(100) % 2
    p = np.eye(2, dtype=np.float32)[labels]
    p[0] = p[0, ::-1]
    described = card.Card(("a", "b"), None, "probabilities")
    answers = figures.Answers(described, (), labels, np.float64(p))
    heat = calibration.temperature(answers.logits, labels)
    assert heat == pytest.approx(np.log(1e7) / np.log(99), rel=1e-6)
    described = dataclasses.replace(described, temperature=heat)
    judged = dataclasses.replace(answers, card=described).probabilities
    told = predict.probabilities(p, described)
    engine = SimpleNamespace(classifier=make_card(["a", "b"], (8, 8), temperature=heat))
    engines = [engine_predict.probabilities(engine, answer) for answer in (p, p[:, 1:])]
    for shares in (judged, told, *engines):
        np.testing.assert_allclose(shares, np.where(p == 1, 0.99, 0.01), rtol=1e-4)
    least = calibration.threshold(judged, labels, 0.0)
    assert (told.max(axis=1) >= least).all() and told.dtype == np.float32


def test_thresholds_that_cannot_be():
    with pytest.raises(ValueError, match="none of the 2 pictures is answered right"):
        calibration.threshold(np.eye(2), np.array([1, 0]), 0.1)
    with pytest.raises(ValueError, match=r"must lie in 0 <= share < 1. Received: 1"):
        calibration.threshold(np.eye(2), np.array([0, 1]), 1)


@pytest.fixture
def noisy(trained, clothes, tmp_path):
    """Give a model that makes mistakes, and the pictures: validation has two with another's name."""
    root = tmp_path / "noisy"
    shutil.copytree(clothes, root)
    for name, other in (("red", "blue"), ("green", "red")):
        draw(tmp_path / name, {"x": 1}, ("blue", "green", "red"), seed=50 + len(name))
        shutil.copy(tmp_path / name / "x" / other / "0.jpg", root / "validation" / name / "other.jpg")
    return shutil.copy(trained / "final.keras", tmp_path / "model.keras"), root


def test_calibrate_keeps_temperature_and_threshold_in_the_model(noisy, command, tmp_path):
    model, root = noisy
    weights = [array.copy() for array in card.load_net(model).get_weights()]
    plain = command("evaluate", model, root, "--split", "validation", "--out", "plain")
    told = command("evaluate", model, root, "--split", "validation", "--out", "out", "--calibrate", "--reject", "0.2")
    kept, result = read_card(model), json.loads((tmp_path / "out/evaluation.json").read_text())
    before = json.loads((tmp_path / "plain/evaluation.json").read_text())
    assert kept["temperature"] > 0 and 0 < kept["threshold"] < 1
    assert result["temperature"] == kept["temperature"] and result["answered"]["threshold"] == kept["threshold"]
    assert (result["right"], result["confusion"]) == (before["right"], before["confusion"])
    assert result["ece_without_temperature"] == before["ece"] and result["loss"] < before["loss"]
    assert result["answered"]["right"] == result["right"] - int(0.2 * result["right"])
    assert f"now holds temperature {kept['temperature']:.3g}" in told.out and "temperature" not in plain.out
    same = "A temperature is fitted on validation pictures, and these are judged here"
    assert same in told.out and (result["calibrated_on"], before["calibrated_on"]) == ("validation", None)
    assert same not in command("evaluate", model, root, "--split", "test", "--out", "tested").out
    command("report", "out", "--out", "R.md")
    assert (
        f"Macro-F1 {result['macro_f1']:.4f}; calibration error {result['ece']:.4f}" in (tmp_path / "R.md").read_text()
    )
    assert kept["split"] is not None and kept["class_names"] == ["blue", "green", "red"]
    for array, was in zip(card.load_net(model).get_weights(), weights, strict=True):
        np.testing.assert_array_equal(array, was)


def test_calibrate_goes_by_the_bare_logits_whatever_stands_there(noisy):
    model, root = noisy
    arguments = ["evaluate", str(model), str(root), "--calibrate", "--out", str(root.parent / "out")]
    found = []
    for _ in range(2):
        assert main(arguments) == 0
        found.append(read_card(model)["temperature"])
        shutil.rmtree(root.parent / "out")
    assert found[0] == found[1]
    assert read_card(model)["threshold"] is None


def test_a_temperature_of_mirrored_answers_says_so(noisy, command):
    model, root = noisy
    word = "predict needs --mirror too"
    assert word in command("evaluate", model, root, "--calibrate", "--mirror", "--out", "mirrored").out
    assert word not in command("evaluate", model, root, "--calibrate", "--out", "plain").out


def test_refusals(noisy, tmp_path, refused):
    model, root = noisy
    refused(["evaluate", model, root, "--reject", "0.1"], "--reject needs --calibrate")
    refused(["evaluate", model, root, "--calibrate", "--reject", "1"], "--reject must lie in 0 <= share < 1")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    before = (tmp_path / "model.keras").read_bytes()
    refused(["evaluate", model, root, "--calibrate", "--out", tmp_path / "full"], "is not empty")
    assert (tmp_path / "model.keras").read_bytes() == before
