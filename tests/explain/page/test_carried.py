"""A net too large for a page: which of its maps are carried, and that all numbers shown are the engine's."""

import re

import numpy as np
import pytest

from minicnn import (
    Conv2D,
    DepthwiseConv2D,
    Flatten,
    Input,
    MaxPooling2D,
    ReLU,
    SeparableConv2D,
    Sequential,
    ZeroPadding2D,
)
from minicnn.explain import trace
from minicnn.explain.page import page
from minicnn.explain.terms import find, run_backward, run_forward
from minicnn.models import homework
from tests.explain.nets import randomise
from tests.explain.page.conftest import Made, Tab, noise, payload
from tests.explain.page.test_numbers import fed
from tests.explain.page.test_plan import dense


def deep():
    """Return layers that hand their channels on, between two that mix them; not one is square."""
    return randomise(
        Sequential(
            [
                Input((40, 30, 3)),
                Conv2D(24, 3),
                ReLU(),
                MaxPooling2D(2),
                ZeroPadding2D(1),
                DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
                SeparableConv2D(20, (2, 3)),
                Conv2D(30, 1),
                Flatten(),
            ],
            seed=0,
        )
    )


def test_the_strongest_maps_and_those_that_they_become(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    monkeypatch.setattr("minicnn.explain.page.plan.LAYER", 0)  # as many as MOST_MAPS
    model, pixels = deep(), noise(40, 30, 3)
    page.write(model, [pixels], tmp_path / "page.html", labels=[0])
    data = payload(tmp_path / "page.html")
    channels = dict(zip([node["name"] for node in data["nodes"]], data["carried"]["channels"], strict=True))
    _, values = run_forward(model, pixels.astype(np.float32))

    def strongest(name):
        strength = np.abs(values[name][0]).mean((0, 1))
        return sorted(sorted(range(len(strength)), key=lambda c: -strength[c])[:10])

    own = strongest("zero_padding2d")  # where the group is left: of what no ReLU closes
    assert own != strongest("conv2d")
    for name in ("conv2d", "re_lu", "max_pooling2d", "zero_padding2d"):
        assert channels[name] == own, name
    doubled = [2 * c for c in own]  # each makes two maps; the first of them goes on
    assert channels["depthwise_conv2d (before relu)"] == channels["depthwise_conv2d"] == doubled
    assert channels["separable_conv2d (depthwise)"] == doubled
    assert channels["separable_conv2d"] == strongest("separable_conv2d")
    assert channels["conv2d_1"] == strongest("conv2d_1")
    assert channels["input_layer"] is None and channels["flatten"] is None  # whole


@pytest.mark.parametrize("channels, sentence", [(10, None), (11, "1 channel that"), (12, "2 channels that")])
def test_what_is_not_carried_is_a_row_of_the_sum(browser, tmp_path, monkeypatch, channels, sentence):
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    monkeypatch.setattr("minicnn.explain.page.plan.LAYER", 0)
    model = Sequential([Input((9, 8, 1)), Conv2D(channels, 2), Conv2D(3, 2), Flatten()], seed=0)
    pixels = noise(9, 8, 1)
    want = trace(randomise(model), pixels.astype(np.float32), "conv2d_1", (2, 3, 1)).value
    with Tab(browser, Made(tmp_path, "part", model, [pixels], labels=[1])) as t:
        t.view("convolution")
        t.choose("layer", "conv2d_1")
        t.page.evaluate("explorer.view.pick(1), explorer.view.choose(2, 3)")
        rows = t.page.locator(".sums tr").all_inner_texts()
        parts = t.page.locator(".sums tr .num").evaluate_all("all => all.map((cell) => Number(cell.dataset.value))")
    assert parts[-1] == pytest.approx(want, rel=1e-5) == pytest.approx(sum(parts[:-1]), rel=1e-5)
    carried = [row for row in rows if "does not carry" in row]
    assert [row.startswith(sentence) for row in carried] == ([True] if sentence else [])


def wide(maps):
    """Few weights, much work: 200 * 200 pixels * 9 taps * 16 channels for each map."""
    return Sequential([Input((202, 202, 1)), Conv2D(16, 1), Conv2D(maps, 3), Flatten()], seed=0)


@pytest.mark.parametrize(
    "net, large",
    [
        (lambda: homework((150, 150), 2), False),  # 11.2 million weights
        (lambda: homework((154, 154), 2), True),  # 11.8
        (lambda: wide(50), False),  # 289 million multiply-adds
        (lambda: wide(52), True),  # 300.2
    ],
)
def test_from_which_size_on(net, large):
    assert page.too_large(net()) is large


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * max(float(np.abs(want).max()), 1e-30))


@pytest.mark.parametrize("name", ["same", "branches", "deep", "dense"])
def test_what_the_page_finds_from_carried_maps_is_what_the_engine_computes(browser, pages, tmp_path, monkeypatch, name):
    """Channel by channel from what is read, and back from what reads it: no map of either is missing or another's."""
    own = {"deep": (deep, (40, 30, 3)), "dense": (dense, (13, 15, 3))}
    if name in own:
        model, pixels = own[name][0](), noise(*own[name][1])
    else:
        model, pixels = pages[name].model, pages[name].pixels
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    monkeypatch.setattr("minicnn.explain.page.plan.LAYER", 0)
    made = Made(tmp_path, name, model, [pixels], labels=[1])
    x = pixels.astype(np.float32) if name in own else fed(model, pixels)
    run = run_backward(model, x, [[1.0]] if model.output_shape[-1] == 1 else 1)
    data = payload(made.path)
    nodes, carried = data["nodes"], data["carried"]
    assert sum(carried["follows"]) > 1 and sum(carried["led"]) > 1
    for k, at in enumerate(carried["pictures"][0]["values"]):
        assert (at is None) == (carried["follows"][k] or k == 0), nodes[k]["name"]  # nothing is there twice
    with Tab(browser, made) as t:
        t.page.evaluate("explorer.gradients()")
        for index, node in enumerate(nodes):
            if len(node["shape"]) < 3:
                continue
            at, part = find(run.places, node["name"])
            for c in carried["channels"][index] or range(node["shape"][2]):
                close(t.array(f"explorer.map({index}, {c})"), run.output_at(at, part)[0, ..., c].ravel())
                close(t.array(f"explorer.gradientMap({index}, {c})"), run.gradient_at(at, part)[0, ..., c].ravel())
        assert t.complaints == []


@pytest.mark.parametrize("side, epochs, large", [(90, 9, False), (92, 2, False), (92, 3, True), (150, 2, True)])
def test_several_epochs_may_have_as_many_weights_as_one_or_four_million_each(side, epochs, large):
    assert page.too_large(homework((side, side), 2), epochs) is large


def test_a_net_too_large_carries_the_engines_own_numbers(tab, pages):
    with tab("large") as t:
        t.page.evaluate("explorer.usePicture(0)")  # the page opens on the one that it is least sure of
        model, pixels = pages["large"].model, pages["large"].pixels
        assert "too large to compute in a page (12.8 million weights" in t.page.inner_text("header")
        _, values = run_forward(model, fed(model, pixels))
        run = run_backward(model, fed(model, pixels), np.array([[0.0]]))
        for index, node in enumerate(t.page.evaluate("explorer.net.nodes")):
            if node["engine"] is None or node["kind"] == "Input":
                continue
            for c in t.page.evaluate(f"explorer.net.channels({index}) ?? []"):
                got = t.array(f"explorer.map({index}, {c})")
                close(got, values[node["engine"]][0, ..., c].ravel())
                got = t.array(f"(explorer.gradients(), explorer.gradientMap({index}, {c}))")
                close(got, run.gradients[node["engine"]][0, ..., c].ravel())
        for c in range(3):  # the picture is there whole
            np.testing.assert_array_equal(t.array(f"explorer.map(0, {c})"), pixels[..., c].ravel())
        t.view("convolution")
        parts = t.page.locator(".sums tr .num").evaluate_all("all => all.map((cell) => Number(cell.dataset.value))")
        assert sum(parts[:-1]) == pytest.approx(parts[-1], rel=1e-5) and parts[-1] == t.number("output")
        assert t.grid("products").sum() == pytest.approx(parts[0], rel=1e-4)
        t.view("layers")
        t.choose("layer", "dense (before relu): Dense")
        rows = t.page.locator(".formula-view tbody tr").all_inner_texts()
        assert len(rows) == 27 and "smaller ones" in rows[24]
        want = trace(model, fed(model, pixels), "dense (before relu)", 0).value
        assert t.number("output") == pytest.approx(want, rel=1e-4)


def test_gradients_of_a_net_too_large(tab, pages):
    """Kernels, biases, their terms and the steps of learning are the engine's, as far as the page carries them."""
    with tab("large") as t:
        t.page.evaluate("explorer.usePicture(0)")
        model, x = pages["large"].model, fed(pages["large"].model, pages["large"].pixels)
        truth = np.array([[0.0]])
        run = run_backward(model, x, truth)
        t.view("backward")
        map_ = t.page.evaluate("explorer.net.channels(2)[1]")
        for what, index in (
            ("conv2d/kernel", (1, 2, 0, map_)),
            ("conv2d/bias", (map_,)),
            ("dense_1/kernel", (9, 0)),
            ("dense/kernel", (12345, 7)),
            ("dense/bias", (7,)),
        ):
            layer, _, array = what.partition("/")
            t.choose("gradient at", layer if layer == "dense_1" else f"{layer} (before relu)")
            t.choose("of its", array)
            flat = int(np.ravel_multi_index(index, run.grads[what].shape))
            t.page.evaluate(f"explorer.view.at = {flat}, explorer.view.drawOne()")
            size = max(float(np.abs(run.grads[what]).max()), 1e-30)
            assert t.number("gradient") == pytest.approx(float(run.grads[what][index]), abs=1e-6 * size), what
            assert t.number("terms-sum") == pytest.approx(float(run.grads[what][index]), abs=1e-5 * size), what
            assert "does not carry" not in t.page.inner_text(".apart"), what  # all of its terms are there
        t.choose("gradient at", "flatten")
        assert "what this page does not carry" in t.page.inner_text(".apart")
        for power in (-5, -1.5, 1):
            t.page.get_by_label("learning rate").first.fill(str(power))
            moved = model.astype("float32")
            for key, gradient in run.grads.items():
                moved.params[key][...] -= np.float32(10**power) * gradient
            assert t.number("loss-after") == pytest.approx(run_backward(moved, x, truth).value, rel=1e-4)


EVERY_GRADIENT = """() => explorer.net.nodes.filter((node) => explorer.gradients()[node.index]).flatMap((node) =>
    ["output", ...Object.keys(explorer.net.grads[node.index])].map((what) => {
      const { view } = explorer;
      view.index = node.index; view.what = what; view.at = null;
      view.drawOne();
      const read = (name) => Number(document.querySelector(`.apart [data-name="${name}"]`).dataset.value);
      const texts = Array.from(document.querySelectorAll(".apart .hint"), (hint) => hint.textContent);
      const title = texts.find((text) => text.startsWith("d loss / d "));
      return [title.slice("d loss / d ".length, title.indexOf(" = ")), read("gradient"), read("terms-sum")];
    }))"""


@pytest.mark.parametrize("name", ["same", "branches", "later", "prepared", "strongest", "shared"])
def test_every_kind_of_layer_carried(browser, pages, tmp_path, monkeypatch, name):
    """Carried in part, a net still shows the engine's gradients, and terms that add up to them."""
    model, pixels = pages[name].model, pages[name].pixels  # first: its own page, which other tests share, is whole
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    made = Made(tmp_path, name, model, [pixels], labels=[1])
    run = run_backward(model, fed(model, pixels), [[1.0]] if model.output_shape[-1] == 1 else 1)
    with Tab(browser, made) as t:
        t.view("backward")
        found = t.page.evaluate(EVERY_GRADIENT)
        assert t.complaints == []
    assert {title.partition("[")[0] for title, *_ in found} >= set(run.grads)
    for title, gradient, total in found:  # "conv2d/kernel[1, 2, 0, 3]", "conv2d (before relu)[1, 2, channel 3]"
        name, numbers = re.fullmatch(r"(.*)\[(.*)\]", title).groups()
        array = run.grads.get(name)
        array = run.gradient_at(*find(run.places, name))[0] if array is None else array
        index = tuple(int(number) for number in numbers.replace("channel ", "").split(","))
        assert gradient == pytest.approx(float(array[index]), rel=1e-5), title
        assert total == pytest.approx(gradient, rel=1e-4, abs=1e-12), title
