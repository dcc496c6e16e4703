"""Weights in 8 bits: how far they are off, what that moves, and what the page says of it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.explain.page import blobs, page, rounded
from minicnn.explain.terms import run_backward
from minicnn.models import homework
from tests.explain.page.conftest import noise, payload
from tests.explain.page.test_numbers import fed


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_a_weight_is_off_by_half_a_level_of_its_own_row_at_most(inputs, units, seed, size):
    rng = np.random.default_rng(seed)
    array = (size * rng.normal(size=(inputs, 2, units)) * rng.random(units)).astype(np.float32)
    array[..., 0] *= rng.integers(0, 2)  # a row of zeros
    made = rounded.rounded(array)
    assert made.levels.dtype == np.int8 and made.scales.shape == (units,)
    half = np.abs(array).max((0, 1)) / 127 / 2
    assert (np.abs(made.restored() - array) <= half * (1 + 1e-4)).all()
    most = np.abs(array).max((0, 1))
    np.testing.assert_allclose(np.abs(made.restored()).max((0, 1)), most, rtol=1e-6)  # the largest stays itself


def test_the_page_computes_with_the_rounded_weights_and_says_what_they_move(tab, pages):
    made = pages["rounded"]
    data = payload(made.path)
    assert data["carried"] is None and made.size < 16_000_000
    names = [f"{node['name']}/{name}" for node in data["nodes"] for name in node["arrays"]]
    eight = [name for name, at in zip(names, data["epochs"][0]["at"], strict=True) if isinstance(at, dict)]
    assert eight == ["dense (before relu)/kernel"]
    copy = made.model.astype("float32")
    kernel = copy.params["dense/kernel"]
    scale = np.abs(kernel).max(0) / 127  # of each unit, by hand
    kernel[...] = np.round(kernel.astype(float) / scale) * scale
    pictures = [np.array(fed(made.model, made.pixels))]
    with tab("rounded") as t:
        assert t.page.evaluate("explorer.live")
        said = t.page.inner_text(".rounded")
        number = float(re.search(r"by at most ([0-9.e-]+) percentage points and names no other class", said)[1])
        pictures.append(
            fed(made.model, np.asarray(t.page.evaluate("[...explorer.pixelsOf(1)]"), np.float32).reshape(150, 150, 3))
        )
        moved = [abs(float(copy.predict(x[None])[0, 0]) - float(made.model.predict(x[None])[0, 0])) for x in pictures]
        assert number == pytest.approx(100 * max(moved), rel=0.06, abs=1e-5) and "--exact" in said
        t.page.evaluate("explorer.usePicture(0)")
        run = run_backward(copy, pictures[0], np.array([[0.0]]))
        got = t.array("explorer.map(2, 3)")
        np.testing.assert_allclose(
            got, run.output_at(run.places["conv2d"], "before relu")[0, ..., 3].ravel(), atol=1e-5
        )
        assert t.page.evaluate("explorer.net.probabilities()[1]") == pytest.approx(
            float(copy.predict(pictures[0][None])[0, 0]), abs=1e-6
        )
        gradient = t.array("(explorer.gradients(), explorer.net.grads[explorer.net.last - 1].kernel)")
        want = run.grads["dense_1/kernel"].ravel()
        np.testing.assert_allclose(gradient, want, atol=1e-4 * np.abs(want).max())  # sums of 175,232 in float32
        assert t.complaints == []


def test_another_class_is_said_and_exact_weights_are_exact(tmp_path, monkeypatch):
    """Two weights that nearly cancel, on a scale that a third one sets: the rounded net answers otherwise."""
    from minicnn import Dense, Flatten, Input, Sequential

    monkeypatch.setattr(rounded, "SMALL", 0)
    monkeypatch.setattr(rounded, "EXACT", 0)
    model = Sequential([Input((1, 1, 3)), Flatten(), Dense(2)], seed=0)
    model.set_weights([np.array([[0.0016, 0.0], [-0.002, 0.0], [0.42, 0.42]]), np.zeros(2)])
    pixels = np.array([[[200, 100, 0]]], np.uint8)
    page.write(model, [pixels], tmp_path / "page.html")
    told = payload(tmp_path / "page.html")["rounded"]
    assert told["others"] == 1 and "names another class for 1 of 1 answers" in told["text"]
    page.write(model, [pixels], tmp_path / "page.html", exact=True)
    data = payload(tmp_path / "page.html")
    assert data["rounded"] is None and all(at[2] == "f" for at in data["epochs"][0]["at"])


@pytest.mark.parametrize("epochs, whole", [(1, True), (2, False)])
def test_small_nets_are_left_alone(tmp_path, epochs, whole):
    models = [homework((64, 64), 2, seed=k) for k in range(epochs)]  # 1.97 million weights each
    page.write(models, [noise(64, 64, 3)], tmp_path / "page.html", labels=[0])
    assert (payload(tmp_path / "page.html")["rounded"] is None) == whole


def test_whole_numbers_of_8_bits_lie_in_the_block_as_they_are():
    made = blobs.Blobs()
    at = made.add(np.array([-127, 0, 127], np.int8))
    assert at == [0, 3, "i"] and made.parts[0][:3] == b"\x81\x00\x7f"
