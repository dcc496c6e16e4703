"""One line over a long table of terms, the same as in the terminal."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import (
    Add,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalMaxPooling2D,
    GroupNormalization,
    Input,
    MaxPooling2D,
    Model,
    Multiply,
    Sequential,
    Softmax,
)
from minicnn.explain import trace_gradient
from minicnn.explain.page import page
from minicnn.explain.terms.verdict import verdict
from tests.explain.nets import randomise
from tests.explain.page.conftest import Made, Tab, noise
from tests.explain.terms.test_verdict import CASES, REMARKS, closed, corner, made

SAID = """([terms, ofWeight]) => lab.verdict.verdict(
    terms.map(([where, dz, factor, remarks]) => ({ where, dz, factor, reason: lab.verdict.reasonOf(remarks) })),
    ofWeight)"""
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, math.nan, math.inf, -math.inf]),
    st.integers(-9, 9).map(float),
    st.floats(width=32),
    st.floats(),
)


@pytest.mark.parametrize("terms, sentence", CASES)
def test_the_page_says_what_the_terminal_says(lab, terms, sentence):
    assert lab.ask(SAID, [terms, False]) == sentence


@given(
    st.lists(st.tuples(st.text(max_size=3), NUMBERS, NUMBERS, st.lists(st.sampled_from(REMARKS), max_size=3))),
    st.booleans(),
)
def test_any_terms_are_told_alike(lab, terms, of_weight):
    assert lab.ask(SAID, [terms, of_weight]) == verdict(made(terms), of_weight)


@given(st.lists(st.one_of(st.sampled_from(REMARKS), st.text()), max_size=4))
def test_any_remarks_give_the_same_reason(lab, remarks):
    assert lab.ask("(remarks) => lab.verdict.reasonOf(remarks)", remarks) == made([("", 0, 0, remarks)])[0].reason


def test_hundreds_of_thousands_of_terms(lab):
    """A call with as many arguments overflows the stack."""
    code = """(count) => lab.verdict.verdict(
        Array.from({ length: count }, (_, k) => ({ where: `[${k}]`, dz: k === 7 ? 2 : 1, factor: 1, reason: "" })))"""
    assert lab.ask(code, 300_000).endswith("the weightiest, [7], has 0% of their size.")


def test_it_stands_over_the_table(browser, tmp_path):
    with Tab(browser, Made(tmp_path, "closed", closed(), [np.full((6, 6, 1), 1, np.uint8)], labels=[1])) as t:
        t.view("backward")
        t.choose("gradient at", "conv2d")
        t.choose("of its", "kernel")
        assert t.page.inner_text(".terms-verdict") == "0, since 16 of 16 ways end at closed ReLUs."
        t.choose("gradient at", "dense")
        t.choose("of its", "bias")
        assert t.page.inner_text(".terms-verdict") == "One way leads here."


def test_the_losss_own_terms_are_no_ways(tab):
    with tab("demo") as t:
        t.view("backward")
        t.choose("gradient at", "dense")
        t.choose("of its", "output")
        assert t.page.locator(".terms-verdict").count() == 0
        assert "what the net says" in t.page.inner_text(".apart table")
        t.choose("of its", "bias")
        assert t.page.locator(".terms-verdict").count() == 1


def test_a_weight_whose_products_lie_outside(browser, tmp_path):
    with Tab(browser, Made(tmp_path, "corner", corner(), [noise(1, 1, 1)], labels=[1])) as t:
        t.view("backward")
        t.choose("gradient at", "up")
        t.choose("of its", "kernel")
        t.page.evaluate("explorer.view.at = 0, explorer.view.drawOne()")
        said = t.page.inner_text(".terms-verdict")
        assert said == "0: every place that it would write to lies outside the output."
        assert "d loss / d up/kernel[0, 0, 0, 0] = " in t.page.inner_text(".apart")
        t.page.evaluate("explorer.view.at = 4, explorer.view.drawOne()")
        assert t.page.inner_text(".terms-verdict") == "One way leads here."
        assert "d loss / d up/kernel[1, 1, 0, 0] = " in t.page.inner_text(".apart")


def wide():
    """Maps of which a page that carries ten a layer lacks most, in all kinds of layers that read several."""
    x = Input((8, 8, 1))
    y = Conv2D(24, 3, name="first")(x)
    y = MaxPooling2D(2, name="pool")(Conv2D(24, 1, name="second")(GroupNormalization(4, name="group")(y)))
    both = Add(name="sum")([Multiply(name="product")([y, Conv2D(24, 1, name="beside")(y)]), y])
    return randomise(Model(x, Softmax()(Dense(3, name="last")(Flatten()(both)))))


EVERY_VERDICT = """() => explorer.net.nodes.filter((node) => explorer.gradients()[node.index]).flatMap((node) =>
    ["output", ...Object.keys(explorer.net.grads[node.index])].map((what) => {
      const { view } = explorer;
      view.index = node.index; view.what = what; view.at = null;
      view.drawOne();
      const texts = Array.from(document.querySelectorAll(".apart .hint"), (hint) => hint.textContent);
      const title = texts.find((text) => text.startsWith("d loss / d "));
      return [title.slice("d loss / d ".length, title.indexOf(" = ")),
        document.querySelector(".terms-verdict")?.textContent ?? ""];
    }))"""


def test_a_net_carried_in_part_says_how_many_ways_it_carries(browser, tmp_path, monkeypatch):
    """All of them: then the terminal's sentence; a part, or none: how many there are, which the terminal counts too."""
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    monkeypatch.setattr("minicnn.explain.page.plan.BUDGET", 1)
    monkeypatch.setattr("minicnn.explain.page.plan.LAYER", 1)
    model, pixels = wide(), noise(8, 8, 1)
    parts = whole = 0
    with Tab(browser, Made(tmp_path, "wide", model, [pixels], labels=[1])) as t:
        t.view("backward")
        for title, said in t.page.evaluate(EVERY_VERDICT):
            name, _, numbers = title.removesuffix("]").partition("[")
            index = tuple(int(number) for number in numbers.replace("channel ", "").split(","))
            want = trace_gradient(model, pixels.astype(np.float32), 1, name, index)
            if "this page" in said:
                count = f"{len(want.terms)} ways lead here; this page carries " if len(want.terms) > 1 else "One way "
                assert said.startswith(count), title
                parts += 1
            else:
                assert said == want.verdict, title
                whole += 1
        assert t.complaints == []
    assert parts >= 5 and whole >= 5


def test_a_net_that_has_diverged_is_still_taken_apart(browser, tmp_path):
    """Steps at a rate of 10 until nothing is finite any more: the view stays, and says NaN."""
    model = Sequential([Input((6, 6, 1)), Conv2D(4, 3, activation="relu"), GlobalMaxPooling2D(), Dense(3)], seed=0)
    model.compile("sgd", "mse")
    with Tab(browser, Made(tmp_path, "far", model, [noise(6, 6, 1)], labels=[1])) as t:
        t.view("backward")
        t.page.evaluate("explorer.view.step.rate = 1, explorer.view.step.update()")
        for _ in range(12):
            t.page.click("text=Take this step")
        assert np.isnan(t.page.evaluate("explorer.loss()"))
        t.choose("gradient at", "dense")
        t.choose("of its", "kernel")
        assert t.page.inner_text(".terms-verdict") == "NaN, since 1 of 1 ways is NaN."
        for view in ("overview", "convolution", "layers", "against", "training", "backward"):
            t.view(view)
        assert t.complaints == []


def test_conv2d_transpose_carried_in_part(browser, tmp_path, monkeypatch):
    """Its weights are not carried; their number is told all the same."""
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    model = randomise(
        Sequential([Input((5, 5, 1)), Conv2DTranspose(2, 3, name="up"), Flatten(), Dense(2), Softmax()], seed=0)
    )
    with Tab(browser, Made(tmp_path, "up", model, [noise(5, 5, 1)], labels=[1])) as t:
        told = t.page.locator('[data-cost="parameters"]').all_inner_texts()
        assert "20 weights" in told and t.complaints == []
