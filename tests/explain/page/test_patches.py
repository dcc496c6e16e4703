"""What a filter looks for, in the page: the pictures, cells and pixels that `explain.patches` names."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax, explain
from minicnn.explain.page import page
from minicnn.files import make_card
from tests.explain.page.conftest import Made, Tab

LAYERS = [
    ("convolution", "conv2d (before relu)"),
    ("layers", "conv2d"),
    ("layers", "max_pooling2d"),
    ("convolution", "conv2d_1"),
]


def net():
    """A small net, and twelve pictures of noise, some brighter."""
    model = Sequential(
        [
            Input((14, 16, 3)),
            Conv2D(4, 3, activation="relu"),
            MaxPooling2D(2),
            Conv2D(5, 3, padding="same"),
            Flatten(),
            Dense(3),
            Softmax(),
        ],
        seed=3,
    )
    model.classifier = make_card(["hat", "shirt", "shoes"], (14, 16), scale=1 / 255)
    rng = np.random.default_rng(0)
    return model, [(rng.random((14, 16, 3)) * rng.integers(60, 256)).astype(np.uint8) for _ in range(12)]


def shown(t):
    """Read the patches off the page: (picture, row, column), value, and the pixels that are drawn."""
    t.wait("document.querySelectorAll('.patches [data-patch]').length > 0")
    return t.page.evaluate("""() => [...document.querySelectorAll(".patches figure")].map((figure) => {
      const canvas = figure.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [figure.querySelector("[data-patch]").dataset.patch.split(" ").map(Number),
        Number(figure.querySelector(".num").dataset.value), canvas.height, canvas.width, [...data]];
    })""")


@pytest.mark.parametrize("carried", [False, True])
def test_the_page_shows_the_patches_of_the_engine(browser, tmp_path, monkeypatch, carried):
    monkeypatch.setattr(page, "too_large", lambda model, epochs: carried)
    model, pictures = net()
    x = np.stack(pictures).astype(np.float32) / 255
    with Tab(browser, Made(tmp_path, "patches", model, pictures, labels=[0] * 12)) as t:
        for view, layer in LAYERS:
            index = t.page.evaluate(f"explorer.net.nodes.find((node) => node.name === '{layer}').index")
            channels = t.page.evaluate(f"explorer.net.channels({index})") or range(4)
            for c in list(channels)[:3]:
                t.page.evaluate(f"explorer.open({index}, {c})")
                assert t.page.evaluate("[explorer.view.name, explorer.view.map]") == [view, c]
                want = explain.patches(model, layer, c, x)
                found = shown(t)
                assert [place for place, *_ in found] == [[each.picture, *each.cell] for each in want], layer
                for (_, value, height, width, pixels), each in zip(found, want, strict=True):
                    assert value == pytest.approx(each.value, rel=1e-4)
                    own = np.reshape(pixels, (height, width, 4))[..., :3]
                    np.testing.assert_allclose(own, pictures[each.picture][np.ix_(each.rows, each.columns)], atol=1)
        assert t.complaints == []


def test_a_click_goes_to_the_cell_and_a_change_is_seen(browser, tmp_path):
    model, pictures = net()
    with Tab(browser, Made(tmp_path, "patches", model, pictures, labels=[0] * 12)) as t:
        t.page.evaluate("explorer.open(1, 2)")
        place, *_ = shown(t)[4]
        t.page.locator(".patches [data-patch]").nth(4).click()
        assert t.page.evaluate("[explorer.picture, ...explorer.view.cell]") == place
        before = t.page.evaluate("Array.from(explorer.net.values[1])")
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[1], 'bias', 2, 7)")
        values = [value for _, value, *_ in shown(t)]
        t.wait("Number(document.querySelector('.patches .num').dataset.value) > 6")
        assert t.page.evaluate("explorer.picture") == place[0] and len(values) == 9
        now = t.page.evaluate("Array.from(explorer.net.values[1])")
        np.testing.assert_allclose(np.array(now)[2::4] - np.array(before)[2::4], 7, atol=1e-4)  # this picture's own


def test_a_map_that_is_closed_everywhere(browser, tmp_path):
    model, pictures = net()
    model.params["conv2d/bias"][1] = -99
    with Tab(browser, Made(tmp_path, "closed", model, pictures, labels=[0] * 12)) as t:
        t.page.evaluate("explorer.open(2, 1)")
        t.wait("document.querySelector('.patches .hint')")
        said = t.page.inner_text(".patches")
        assert "Channel 1 is 0 all over every picture: its ReLU is closed." in said
