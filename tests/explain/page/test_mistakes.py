"""The page opens on the worst mistake, names it, and shows what spoke for one class against the other."""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax, explain
from minicnn.explain.page.pictures import Judged, telling
from minicnn.files import make_card
from tests.explain.page.conftest import Made, Tab, noise

NAMES = ["hat", "shirt", "shoes"]


def judge_page(folder):
    """A net of three classes, four pictures; what it says, and labels of which two are mistaken."""
    model = Sequential(
        [Input((8, 9, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(3), Softmax()], seed=1
    )
    model.classifier = make_card(NAMES, (8, 9), scale=1 / 255)
    rng = np.random.default_rng(4)
    pictures = [rng.integers(0, 256, (8, 9, 3), np.uint8) for _ in range(4)]
    p = model.predict(np.stack(pictures).astype(np.float32) / 255)
    labels = [int(row.argmax()) for row in p]
    labels[1], labels[2] = int(np.argsort(p[1])[1]), int(p[2].argmin())  # the second best, and the least probable
    return model, pictures, p, labels


def test_the_page_opens_on_the_worst_mistake_and_names_it(browser, tmp_path):
    model, pictures, p, labels = judge_page(tmp_path)
    made = Made(tmp_path, "judged", model, pictures, labels=labels)
    with Tab(browser, made) as t:
        first = min((1, 2), key=lambda k: p[k][labels[k]])
        assert t.page.evaluate("explorer.picture") == first
        assert f"a mistake: it is {NAMES[labels[first]]}" in t.page.inner_text("header")
        marked = t.page.locator(".thumb").evaluate_all("all => all.map((one) => one.classList.contains('mistaken'))")
        assert marked == [False, True, True, False]
        said = f"picture picture 2, a {NAMES[labels[1]]}, taken for {NAMES[p[1].argmax()]}"
        assert t.page.locator(".thumb").nth(1).get_attribute("aria-label") == said
        t.page.locator(".thumb").first.click()
        assert "a mistake" not in t.page.inner_text("header")


@pytest.mark.parametrize(
    "said, index",
    [
        ([Judged(0, None, False)] * 2, 0),
        ([Judged(0, 0.9, False), Judged(1, 0.6, False)], 1),
        ([Judged(0, 0.4, False), Judged(1, 0.45, True)], 1),
        ([Judged(0, None, False), Judged(1, 0.4, True), Judged(1, 0.01, True)], 2),
    ],
)
def test_which_picture_tells_most(said, index):
    assert telling(said) == index


def test_one_class_against_another(browser, tmp_path):
    """Every number is the engine's: difference, pixels, cells, inputs; and the inputs and the bias sum to it."""
    model, pictures, p, labels = judge_page(tmp_path)
    with Tab(browser, Made(tmp_path, "judged", model, pictures, labels=labels)) as t:
        t.view("against")
        picture = t.page.evaluate("explorer.picture")
        a, b = int(p[picture].argmax()), labels[picture]
        assert t.page.evaluate("[explorer.view.a, explorer.view.b]") == [a, b]  # what it says, against the truth
        x = pictures[picture].astype(np.float32) / 255
        for one, other in ((a, b), (b, 3 - a - b)):
            t.choose("what speaks for", NAMES[one])
            t.choose("against", NAMES[other])
            scored = explain.score(model, x, one, other).value
            assert scored == pytest.approx(np.log(p[picture][one] / p[picture][other]), rel=1e-3)
            assert t.number("score") == pytest.approx(scored, rel=1e-4)
            assert t.number("inputs-sum") == pytest.approx(scored, rel=1e-3)
            assert t.number("saliency") == pytest.approx(explain.saliency(model, x, one, other).max(), rel=1e-3)
            cam = explain.grad_cam(model, x, one, "max_pooling2d", other, resize=False)
            assert t.number("grad-cam") == pytest.approx(cam.max(), rel=1e-3, abs=1e-6)
        t.page.click("text=Cover part after part")
        t.wait("!!document.querySelector('[data-name=occlusion]')")
        assert t.number("occlusion") == pytest.approx(explain.occlusion(model, x, one, against=other).max(), rel=1e-3)
        assert t.number("score") == pytest.approx(explain.score(model, x, one, other).value, rel=1e-4)
        t.wait(f"location.hash.endsWith('a={one}&b={other}')")
        assert t.complaints == []


@pytest.mark.parametrize("against", [1, None])
def test_the_number_that_moves_a_class_most_alone(browser, tmp_path, against):
    """The engine, asked for each number of the picture raised by 1: none changes the score further."""
    model, pictures, _, labels = judge_page(tmp_path)
    with Tab(browser, Made(tmp_path, "judged", model, pictures, labels=labels)) as t:
        t.view("against")
        t.choose("what speaks for", NAMES[0])
        t.choose("against", "none: its own logit" if against is None else NAMES[against])
        x = pictures[t.page.evaluate("explorer.picture")].astype(np.float64) / 255
        nudged = x + np.eye(x.size).reshape(-1, *x.shape) / 255
        score, *scores = (explain.score(model, each, 0, against).value for each in (x, *nudged))
        assert t.number("score") == pytest.approx(score, rel=1e-4)
        assert t.number("inputs-sum") == pytest.approx(score, rel=1e-3)
        moved = np.reshape(scores, x.shape) - score
        text = t.page.inner_text(".strongest")
        place = (
            *map(int, re.search(r"\[(\d+), (\d+)\]", text).groups()),
            ["red", "green", "blue"].index(re.search("red|green|blue", text)[0]),
        )
        assert t.number("strongest") == pytest.approx(moved[place], rel=0.05)
        assert abs(moved[place]) >= 0.95 * abs(moved).max()
        t.wait(f"location.hash.endsWith('a=0&b={'none' if against is None else against}')")
        address = t.page.evaluate("location.hash")
        t.view("overview")
        t.page.evaluate(f"location.hash = {address!r}")
        t.wait("explorer.view.name === 'against'")
        assert t.page.evaluate("explorer.view.b") == (-1 if against is None else against)
        assert t.complaints == []


def test_two_classes_of_one_sigmoid_against_each_other(tab, pages):
    with tab("homework") as t:
        t.view("against")
        p = t.page.evaluate("explorer.net.probabilities()")
        a = int(p[1] > p[0])
        assert t.page.evaluate("[explorer.view.a, explorer.view.b]") == [a, 1 - a]
        assert t.number("score") == pytest.approx(np.log(p[a] / p[1 - a]), rel=1e-3)


def test_a_large_net_says_who_draws_it(tab):
    with tab("large") as t:
        t.view("against")
        assert "minicnn saliency draws it" in t.page.inner_text("main")


def test_a_page_without_labels_has_no_mistakes(browser, tmp_path):
    model, pictures, _, _ = judge_page(tmp_path)
    with Tab(browser, Made(tmp_path, "plain", model, pictures)) as t:
        assert t.page.evaluate("explorer.picture") == 0 and t.page.locator(".mistaken, .wrong").count() == 0


def test_pictures_without_a_class_are_no_mistakes_of_several_sigmoids(browser, tmp_path):
    model = Sequential([Input((6, 6, 1)), Flatten(), Dense(3, activation="sigmoid")], seed=0)
    model.classifier = make_card(NAMES, (6, 6)) | {"task": "many"}
    with Tab(browser, Made(tmp_path, "many", model, [noise(6, 6, 1)] * 2, labels=[0, 2])) as t:
        assert t.page.locator(".mistaken, .wrong").count() == 0
