"""The guided tour: twelve questions whose answers are the engine's, on any net, by mouse and by keyboard."""

import numpy as np
import pytest

from minicnn.explain.terms import run_backward
from minicnn.models import summary
from tests.explain.page.test_browser import CONTRAST, LAYOUT
from tests.explain.page.test_numbers import fed
from tests.explain.page.test_sizes import SMALL

NETS = ["demo", "homework", "grey", "same", "branches", "large"]
TRUE = "document.querySelectorAll('.tour .choice')[explorer.tour.stop.right].textContent"


def titled(t):
    """Walk through the tour without answering; return the stops' titles, and what is true at each."""
    found = {}
    while True:
        title = t.page.inner_text(".tour h2")
        found[title] = t.page.evaluate(TRUE)
        if t.page.locator(".tour-next").inner_text() == "Done":
            return found
        t.page.click(".tour-next")


def test_the_truths_are_the_engines(tab, pages):
    made = pages["demo"]
    model, x = made.model, fed(made.model, made.pixels)[None]
    rows = {row["name"]: row for row in summary.rows(model)}
    with tab("demo") as t:
        t.page.click(".tour-start")
        label = t.page.evaluate("explorer.label")
        found = titled(t)
        assert len(found) == 12 and t.complaints == []
        kernels = [model.get_layer(name).params["kernel"] for name in ("conv2d", "conv2d_1")]
        pool, flat = next(row for row in rows.values() if row["class"] == "MaxPooling2D"), rows["flatten"]
        assert found["The picture is numbers"] == str(made.pixels.size)
        assert found["A filter"] == str(kernels[0][..., 0].size)
        assert found["The next convolution"] == str(kernels[1].shape[2])
        assert found["The size of a map"] == str(model.get_layer("conv2d").output_shape[1])
        assert found["What a number sees"] == str(rows["conv2d_3"]["field"][0])
        assert found["The dense layer"] == str(rows["dense"]["params"])
        assert found["Pooling"] == str(int(np.prod(pool["shape"][1:3])))
        assert found["From maps to a row"] == str(flat["shape"][-1])
        assert found["Scores become probabilities"] == "they would shrink"
        slope = run_backward(model, x, label).gradients["dense"][0, label]
        assert found["Which way to learn"] == ("up" if slope < 0 else "down")


@pytest.mark.parametrize("name", NETS)
def test_each_net_has_its_tour(tab, name):
    with tab(name) as t:
        t.page.click(".tour-start")
        count = t.page.evaluate("explorer.tour.stops.length")
        assert count >= 7
        for k in range(count):
            assert f"stop {k + 1} of {count}" in t.page.inner_text(".tour")
            assert t.page.locator(".looked-at").count() == 1, t.page.inner_text(".tour h2")
            choices = t.page.locator(".tour .choice").all_inner_texts()
            assert 2 <= len(set(choices)) == len(choices) <= 3
            right = t.page.evaluate("explorer.tour.stop.right")
            t.page.locator(".tour .choice").nth((right + k % 2) % len(choices)).click()
            told = t.page.inner_text(".tour-told")
            assert told.startswith("No: " if k % 2 else "Right. ") and "undefined" not in told and "NaN" not in told
            if k < count - 1:
                t.page.click(".tour-next")
        assert f"{count - count // 2} of {count} predicted." in t.page.inner_text(".tour")
        t.page.click(".tour-next")
        assert t.page.locator(".tour, .looked-at").count() == 0 and t.complaints == []


def test_by_keyboard_and_closed_at_any_time(tab):
    with tab("demo") as t:
        press = t.page.keyboard.press
        t.page.locator(".tour-start").focus()
        press("Enter")
        assert t.page.evaluate("document.activeElement.className") == "tour"
        for key in ("Tab", "Tab", "Enter"):  # past Close to the first choice
            press(key)
        assert t.page.inner_text(".tour-told")
        assert "Next" in t.page.evaluate("document.activeElement.textContent")
        press("Enter")
        assert "stop 2 of 12" in t.page.inner_text(".tour")
        assert "A filter" in t.page.inner_text("#live")
        press("Escape")
        assert t.page.locator(".tour").count() == 0
        assert "tour-start" in t.page.evaluate("document.activeElement.className")
        t.page.locator('[data-grid="kernel"] input').first.fill("0.5")  # the view that it left is a view as any other
        press("Tab")
        assert "changed" in t.page.inner_text("header")


@pytest.mark.parametrize("width, height, theme", [(390, 844, "light"), (1280, 720, "dark")])
def test_it_fits_and_can_be_read(tab, width, height, theme):
    with tab("demo", width=width, height=height, theme=theme) as t:
        t.page.click(".tour-start")
        for _ in range(12):
            t.page.locator(".tour .choice").first.click()
            box = t.page.locator(".tour").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] <= 0.71 * height
            faults = [each for each in t.page.evaluate(LAYOUT) if "overlaps" not in each]
            assert faults == [] and t.page.evaluate(SMALL) == [] and t.page.evaluate(CONTRAST) == []
            if t.page.locator(".tour-next").inner_text() == "Next":
                t.page.click(".tour-next")
