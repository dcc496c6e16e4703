"""A tie of max pooling, worked: what a window sends back is what the engine sends back."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax, kernels
from minicnn.explain.page import page
from minicnn.files import make_card
from tests.explain.page.conftest import Made, Tab


def net():
    """A pool over whole numbers, few enough for ties."""
    model = Sequential(
        [Input((8, 8, 1)), Conv2D(1, 1, name="same"), MaxPooling2D(2, name="pool"), Flatten(), Dense(2), Softmax()],
        seed=0,
    )
    model.params["same/kernel"][...] = 1
    model.params["same/bias"][...] = 0
    model.classifier = make_card(["hat", "shirt"], (8, 8), channels=1)
    return model


def tied(x, i, j):
    """Say whether several cells of a window hold its largest number."""
    window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
    return (window == window.max()).sum() > 1


@pytest.mark.parametrize("carried", [False, True])
def test_next_tie_and_what_goes_back(browser, tmp_path, monkeypatch, carried):
    monkeypatch.setattr(page, "too_large", lambda model, epochs: carried)
    x = np.random.default_rng(4).integers(0, 9, (8, 8), np.uint8)
    ties = [(i, j) for i in range(4) for j in range(4) if tied(x, i, j)]
    assert 1 < len(ties) < 12
    with Tab(browser, Made(tmp_path, "ties", net(), [x[..., None]], labels=[1])) as t:
        t.page.evaluate("explorer.open(explorer.net.nodes.find(({ name }) => name === 'pool').index, 0)")
        t.page.evaluate("explorer.view.choose(3, 3)")
        gradient = np.zeros((1, 4, 4, 1), np.float32)
        for i, j in ties:  # from the last cell on: the first one comes first
            t.page.get_by_role("button", name="Next tie").click()
            assert t.page.evaluate("explorer.view.cell") == [i, j]
            assert "A tie: " in t.page.inner_text(".tie-note")
            gradient[...] = 0
            gradient[0, i, j] = t.number("dy")
            sent = kernels.maxpool2d_backward(
                gradient, x.astype(np.float32)[None, ..., None], (2, 2), (2, 2), ((0, 0), (0, 0))
            )[0, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            np.testing.assert_allclose(t.grid("sent"), sent.ravel(), rtol=1e-6)
        assert t.complaints == []


def test_the_worked_tie(tab):
    with tab("demo") as t:
        t.view("layers")
        t.page.evaluate("explorer.view.open(explorer.net.nodes.find(({ kind }) => kind === 'MaxPooling2D').index)")
        t.page.get_by_text("A tie, worked").press("Enter")  # by keyboard
        assert t.page.locator("details.worked[open]").count() == 1
        x, dy = t.grid("tie-x"), t.grid("tie-dy")
        assert (x == x.max()).sum() == 2 and t.grid("tie-y") == [x.max()]
        shaped = x.reshape(1, 2, 2, 1).astype(np.float32)
        want = kernels.maxpool2d_backward(
            dy.reshape(1, 1, 1, 1).astype(np.float32), shaped, (2, 2), (2, 2), ((0, 0), (0, 0))
        )
        np.testing.assert_array_equal(t.grid("tie-dx"), want.ravel())
        t.page.set_viewport_size({"width": 390, "height": 844})
        assert t.page.evaluate("document.documentElement.scrollWidth") <= 390
