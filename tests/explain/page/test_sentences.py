"""What the page says in words is true: about the loss, about pixels that no window reads, about labels and changes."""

import re

import numpy as np
import pytest

from minicnn import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GroupNormalization,
    Input,
    LayerNormalization,
    MaxPooling2D,
    Model,
    PReLU,
    Sequential,
    Softmax,
)
from minicnn.explain import trace_gradient
from minicnn.explain.terms import run_backward
from minicnn.files import make_card
from tests.explain.nets import NETS, randomise
from tests.explain.page.conftest import Made, Tab, noise
from tests.explain.page.test_numbers import fed


def test_the_loss_of_several_sigmoids_is_the_mean_of_what_is_shown(tab, pages):
    with tab("strongest") as t:
        made = pages["strongest"]
        t.page.evaluate("explorer.useLabel(1)")
        t.view("layers")
        t.choose("layer", "the loss")
        p = made.model.predict(fed(made.model, made.pixels)[None])[0].astype(np.float64)
        each = -np.log(np.where([0, 1, 0], p, 1 - p))
        for k in range(3):
            assert t.number(f"loss{k}") == pytest.approx(each[k], rel=1e-4)
            assert t.number(f"slope{k}") == pytest.approx((p[k] - (k == 1)) / 3, rel=1e-4)
        assert t.number("loss") == pytest.approx(each.mean(), rel=1e-4)
        said = t.page.inner_text("main")
        assert "the mean over the 3 outputs" in said and "its gradient there is (p − t) / 3." in said


@pytest.mark.parametrize("label", [0, 1])
def test_the_loss_of_one_sigmoid(tab, pages, label):
    with tab("homework") as t:
        made = pages["homework"]
        t.page.evaluate(f"explorer.useLabel({label})")
        t.view("layers")
        t.choose("layer", "the loss")
        p = float(made.model.predict(fed(made.model, made.pixels)[None])[0, 0])
        assert t.number("p") == pytest.approx(p if label else 1 - p, rel=1e-5)
        assert t.number("loss") == pytest.approx(-np.log(p if label else 1 - p), rel=1e-5)
        assert t.number("slope0") == pytest.approx(p - label, rel=1e-5)
        assert "its gradient there is p − t." in t.page.inner_text("main")


@pytest.mark.parametrize(
    "pool, sentence",
    [
        (MaxPooling2D((2, 3)), "Every pixel is read by a window."),
        (MaxPooling2D(3, 2), "No window reads 1 of 8 rows (7)."),
        (MaxPooling2D(2, 3), "No window reads 2 of 8 rows (2, 5) and 3 of 9 columns (2, 5, 8)."),
        (AveragePooling2D((3, 2), (3, 2)), "No window reads 2 of 8 rows (6, 7) and 1 of 9 columns (8)."),
        (MaxPooling2D(3, 2, padding="same"), "Every pixel is read by a window."),
        (
            MaxPooling2D(1, 8),
            "No window reads 7 of 8 rows (1, 2, 3, 4, 5, 6, …) and 7 of 9 columns (1, 2, 3, 4, 5, 6, …).",
        ),
    ],
)
def test_which_pixels_no_pool_reads(browser, tmp_path, pool, sentence):
    model = Sequential([Input((8, 9, 1)), pool, Flatten(), Dense(2), Softmax()], seed=0)
    with Tab(browser, Made(tmp_path, "pool", model, [noise(8, 9, 1)])) as t:
        t.page.evaluate("explorer.open(1, 0)")
        assert t.page.inner_text(".unread") == sentence


@pytest.mark.parametrize("stride, sentence", [(1, 'So does PyTorch\'s padding="same"'), (2, "none equals this")])
def test_an_odd_padding_and_pytorch(tab, stride, sentence):
    """At stride 1 PyTorch has "same" too, with the odd pixel after; with a stride it refuses it."""
    with tab("grey") as t:
        t.view("padding")
        for name, value in (("input-height", 8), ("window-height", 4 if stride == 1 else 3), ("stride-height", stride)):
            t.page.locator(f'[name="{name}"]').fill(str(value))
            t.page.locator(f'[name="{name}"]').press("Tab")
        assert t.number("height-after") == t.number("height-before") + 1
        assert sentence in t.page.locator(".axis-working").first.inner_text()


def test_the_training_chart_has_room_for_this_pictures_loss(tab, pages):
    with tab("demo") as t:
        t.page.evaluate("explorer.useLabel(6)")
        t.view("training")
        t.wait("explorer.view.losses")
        own = t.page.evaluate("explorer.view.losses")
        assert max(own) > 2.1  # more than the history's largest
        dots = t.page.locator("main .curve .point")
        heights = dots.evaluate_all("all => all.map((dot) => Number(dot.getAttribute('cy')))")
        bottom = float(t.page.locator("main .curve .axis").get_attribute("y1"))
        np.testing.assert_allclose(
            (bottom - np.array(heights)) / (bottom - min(heights)), np.array(own) / max(own), rtol=1e-3
        )


def test_a_history_with_gaps_is_drawn_as_far_as_it_goes(browser, tmp_path):
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(2), Softmax()], seed=0)
    made = Made(tmp_path, "gaps", model, [noise(6, 6, 1)], history={"loss": [2.0, np.nan, 1.0, 0.5]})
    with Tab(browser, made) as t:
        t.view("training")
        path = t.page.locator("main .curve .line").get_attribute("d")
        assert path.count("M") == 2 and path.count("L") == 1 and "NaN" not in path and t.complaints == []


def test_a_label_that_nobody_gave_is_not_called_true(tab):
    with tab("same") as t:  # its picture came without a label
        t.view("training")
        assert "not known: what the net said first" in t.page.inner_text("main")
        assert t.page.locator(".truth").count() == 0
        t.choose("true label", "class 2")
        assert "not known" not in t.page.inner_text("main")
        assert t.page.locator(".bars li", has=t.page.locator(".truth")).inner_text().startswith("class 2")
        t.view("overview")
        assert t.page.locator(".bars li", has=t.page.locator(".truth")).inner_text().startswith("class 2")


def test_the_epoch_is_named_and_a_change_can_always_be_undone(tab):
    with tab("demo") as t:
        assert ", epoch 5" in t.page.inner_text("header")
        t.page.evaluate("explorer.editPixel(0, 17)")
        t.page.evaluate("explorer.useEpoch(1)")
        assert ", epoch 2" in t.page.inner_text("header")
        assert t.page.locator("text=Undo changes").count() == 1  # the pixel is still changed
        t.page.click("text=Undo changes")
        assert t.page.evaluate("explorer.pixels[0] === explorer.payload.pictures[0].pixels[0]")
        assert t.page.locator("text=Undo changes").count() == 0
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[2], 'kernel', 3, 0.5)")
        t.page.evaluate("explorer.usePicture(0)")
        assert t.page.evaluate("explorer.net.nodes[2].own.kernel[3]") == 0.5  # kept with another picture, and undone
        t.page.click("text=Undo changes")
        assert t.page.evaluate("explorer.net.nodes[2].own.kernel[3]") != 0.5


def test_pixels_stay_in_their_range(tab):
    with tab("demo") as t:
        for given, kept in ((99999, 255), (-50, 0), (12.5, 12.5)):
            t.page.evaluate(f"explorer.editPixel(4, {given})")
            assert t.page.evaluate("explorer.pixels[4]") == kept


def test_weights_have_the_models_names_and_places(browser, tmp_path):
    """Also of the halves of a separable convolution and of a depthwise kernel: [row, column, channel, multiple]."""
    model = NETS["later"]()
    made = Made(tmp_path, "later", model, [noise(*model.input_shape[1:])], labels=[1])
    run = run_backward(model, made.pixels.astype(np.float32), 1)
    with Tab(browser, made) as t:
        t.view("backward")
        for node, what in (
            ("depthwise_conv2d (before relu6)", "depthwise_conv2d/kernel"),
            ("separable_conv2d (depthwise)", "separable_conv2d/depthwise_kernel"),
            ("separable_conv2d (before elu)", "separable_conv2d/pointwise_kernel"),
        ):
            t.choose("gradient at", node)
            t.choose("of its", what.partition("/")[2])
            gradient = run.grads[what]
            flat = int(np.abs(gradient).argmax())
            index = np.unravel_index(flat, gradient.shape)
            title = t.page.locator(".apart .hint", has_text="d loss").inner_text()
            assert f"d loss / d {what}[{', '.join(map(str, index))}] = " in title
            assert t.number("gradient") == pytest.approx(float(gradient[index]), rel=1e-4)


@pytest.mark.parametrize(
    "name, layer, sentence",
    [
        ("homework", "conv2d (before relu)", "window 3 × 3, stride 1, 1"),
        ("same", "conv2d", "window 3 × 3, stride 2, 2, same: pads 0+1, 1+1"),
        ("same", "depthwise_conv2d", "window 2 × 3, stride 1, 1, same: pads 0+1, 1+1"),
        ("same", "conv2d_1 (before tanh)", "window 2 × 2, stride 1, 1, dilation 2, 2, same: pads 1+1, 1+1, 2 groups"),
    ],
)
def test_the_settings_of_a_convolution_are_told(tab, name, layer, sentence):
    with tab(name) as t:
        t.view("convolution")
        t.choose("layer", layer)
        assert t.page.locator("main .tools .hint").first.inner_text() == sentence


def several():
    """Weights of several axes: a slope a number, gamma and beta a row and channel, a transposed kernel."""
    x = Input((6, 5, 3))
    y = LayerNormalization([1, 3])(PReLU()(Conv2D(4, 3, padding="same")(x)))
    y = PReLU((1,))(Conv2DTranspose(2, (3, 2), strides=2, padding="same")(y))
    y = GroupNormalization(1)(BatchNormalization()(y))
    return randomise(Model(x, Softmax()(Dense(3)(Flatten()(y)))))


MET = {"alpha": "min(x, 0)", "beta": "times", "bias": "times", "gamma": "xhat", "kernel": "x"}


def test_every_weight_has_the_place_that_the_terminal_takes(browser, tmp_path):
    model, pixels = several(), noise(6, 5, 3)
    model.classifier = make_card(["a", "b", "c"], (6, 5), scale=1 / 255)
    grads = run_backward(model, fed(model, pixels), 1).grads
    with Tab(browser, Made(tmp_path, "several", model, [pixels], labels=[1])) as t:
        t.view("backward")
        seen = set()
        for node in t.page.evaluate("explorer.net.nodes"):
            for what, weight in zip(node["arrays"], node["weights"], strict=True):
                if what not in node["learns"]:
                    continue
                t.page.evaluate(
                    "([index, what]) => { const { view } = explorer; Object.assign(view, { index, what, at: null }); "
                    "view.drawOne(); }",
                    [node["index"], what],
                )
                title = t.page.locator(".apart .hint", has_text="d loss").inner_text()
                name, numbers = re.match(r"d loss / d (\S+)\[(.*?)\] = ", title).groups()
                found = trace_gradient(model, fed(model, pixels), 1, name, tuple(map(int, numbers.split(", "))))
                size = float(np.abs(grads[name]).max())
                assert name == weight and t.number("gradient") == pytest.approx(found.engine, abs=1e-4 * size), title
                heads = t.page.locator(".apart thead th").all_inner_texts()
                assert heads[2].lower() == MET[name.rpartition("/")[2]].lower(), title
                seen.add(name)
        assert seen == set(model.params) and t.complaints == []


def test_each_layer_says_what_it_does(tab):
    with tab("demo") as t:
        t.view("layers")
        for k in range(1, t.page.evaluate("explorer.net.nodes.length")):
            t.page.evaluate(f"explorer.view.open({k})")
            assert len(t.page.inner_text(".about")) > 20, k
        t.choose("layer", "the loss")
        assert "How wrong the net is, in one number" in t.page.inner_text(".about")
        t.view("convolution")
        t.choose("layer", "conv2d_1")
        assert "10 filters of 3\u00d73\u00d710 weights slide over its input" in t.page.inner_text(".about")
        t.view("overview")
        assert "10 filters" in t.page.locator(".column h3").nth(2).get_attribute("title")
