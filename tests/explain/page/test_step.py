"""Take this step: the weights, the prediction and the loss after it are those of `train_on_batch`; Undo goes back."""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax
from minicnn.files import make_card
from minicnn.optimizers import SGD, Adam
from tests.explain.page.conftest import Made, Tab


def net():
    """A small net that learns."""
    model = Sequential(
        [Input((8, 8, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(3), Softmax()], seed=3
    )
    model.classifier = make_card(["hat", "shirt", "shoes"], (8, 8), scale=1 / 255)
    return model


def moved(t, before, after):
    """Check what the page says of each array: how many weights moved, and the furthest one."""
    rows = t.page.locator(".taken table").nth(1).locator("tbody tr").all_inner_texts()
    assert len(rows) == len(before)
    for row, old, new in zip(rows, before, after, strict=True):
        count, size, place = re.match(r".*: (\d+) of (\d+)\s+\[([\d, ]+)\]", row).groups()
        by = abs(new - old)
        assert int(size) == old.size and int(count) == pytest.approx(np.count_nonzero(by), abs=0.02 * old.size + 1)
        assert by[tuple(map(int, place.split(", ")))] >= 0.999 * by.max()


@pytest.mark.parametrize("name, optimizer", [("SGD", SGD), ("Adam", Adam)])
def test_three_steps_are_three_of_train_on_batch(browser, tmp_path, name, optimizer):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    model, x = net(), pixels.astype(np.float32)[None] / 255
    before = [array.copy() for array in model.get_weights()]
    with Tab(browser, Made(tmp_path, "step", net(), [pixels], labels=[2])) as t:
        t.view("backward")
        t.choose("optimizer", name)
        t.page.evaluate("explorer.view.step.rate = -1.5, explorer.view.step.update()")
        model.compile(optimizer(10**-1.5), "sparse_categorical_crossentropy")
        for step in (1, 2, 3):
            old = -np.log(model.predict(x)[0, 2])
            weights = [array.copy() for array in model.get_weights()]
            promised = t.number("loss-after")
            t.page.click("text=Take this step")
            model.train_on_batch(x, np.array([2]))
            p = model.predict(x)[0]
            np.testing.assert_allclose(t.page.evaluate("explorer.net.probabilities()"), p, atol=1e-4)
            losses = t.page.locator('[data-name="taken-loss"]').evaluate_all("all => all.map((n) => +n.dataset.value)")
            np.testing.assert_allclose(losses, [old, -np.log(p[2])], rtol=1e-3, atol=1e-5)
            assert promised == pytest.approx(losses[1], rel=1e-4, abs=1e-6)
            assert f"after step {step} of {name}" in t.page.inner_text(".taken")
            moved(t, weights, model.get_weights())
        for k, array in enumerate(model.get_weights()):
            node, kind = [(1, "kernel"), (1, "bias"), (5, "kernel"), (5, "bias")][k]
            got = t.array(f"explorer.net.nodes[{node}].own.{kind}")
            np.testing.assert_allclose(got, array.ravel(), atol=1e-4)
        assert "weights" in t.page.inner_text(".changed")
        t.page.click("text=Undo changes")
        assert t.page.locator(".taken").count() == 0 and t.page.locator(".changed").count() == 0
        np.testing.assert_array_equal(t.array("explorer.net.nodes[1].own.kernel"), before[0].ravel())
        assert t.complaints == []


def test_a_change_by_hand_takes_the_comparison_away(browser, tmp_path):
    with Tab(browser, Made(tmp_path, "step", net(), [np.full((8, 8, 3), 9, np.uint8)], labels=[2])) as t:
        t.view("backward")
        t.page.click("text=Take this step")
        assert t.page.locator(".taken table").count() == 2
        t.page.evaluate("explorer.editPixel(5, 100)")
        assert t.page.locator(".taken").count() == 0


def test_epoch_0_has_its_place_on_the_chart(browser, tmp_path):
    """The dot of the net before training lies left of that of epoch 1, where the history's line begins."""
    models = [net(), net()]
    folder = tmp_path / "series"
    folder.mkdir()
    for epoch, model in enumerate(models):
        model.save(folder / f"epoch_{epoch:02d}.keras")
    made = Made(
        tmp_path,
        "zero",
        models[1],
        [np.zeros((8, 8, 3), np.uint8)],
        models=folder,
        labels=[1],
        history={"loss": [2, 1]},
    )
    with Tab(browser, made) as t:
        t.view("training")
        assert "epoch 1" in t.page.inner_text("header")
        dots = t.page.locator("main .curve .point").evaluate_all("all => all.map((dot) => +dot.getAttribute('cx'))")
        start = float(t.page.locator("main .curve .line").get_attribute("d")[1:].split(",")[0])
        assert dots[0] < dots[1] == pytest.approx(start)
        assert "epoch 0" in t.page.locator("main .curve text").all_text_contents()
