"""Train here: the page's net learns from its pictures as the engine does, in a worker, and every view follows."""

from itertools import cycle, islice

import numpy as np
import pytest

from minicnn import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Sequential, Softmax
from minicnn.data import wardrobe
from minicnn.explain.page.learning import learning
from minicnn.explain.page.pictures import Picture
from minicnn.files import make_card
from minicnn.models import homework, tinyvgg
from minicnn.optimizers import SGD, Adam
from tests.browser import faults
from tests.explain.page.conftest import Made, Tab, payload

NAMES = ["hat", "shirt", "shoes"]
RATES = {"SGD": 0.003, "Adam": 0.0001}  # at 0.001 the engine in float32 and in float64 part by 0.01 within 20 steps


def net(shape=(12, 10, 3)):
    """A small net that learns, as a fresh one."""
    layers = [Input(shape), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(3), Softmax()]
    model = Sequential(layers, seed=3)
    model.classifier = make_card(NAMES, shape[:2], scale=1 / 255)
    return model


def pictures(count=6, shape=(12, 10, 3)):
    """Draw pixels."""
    return list(np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8))


@pytest.fixture
def small(browser, tmp_path):
    """Open a page of the small net and six pictures; the last has no label."""
    made = Made(tmp_path, "small", net(), pictures(), labels=[0, 1, 2, 0, 1, None])

    def open_tab(**settings):
        return Tab(browser, made, **settings)

    open_tab.path = made.path
    return open_tab


def steps(t, count):
    """Take steps by the button, and return the losses that the page wrote down."""
    for _ in range(count):
        before = t.page.evaluate("explorer.trainer.losses.length")
        t.page.click("text=One step")
        t.wait(f"explorer.trainer.losses.length > {before} && !explorer.trainer.asked")
    return t.page.evaluate("explorer.trainer.losses")


def batches(path, size):
    """List the pictures of every step, from what the page carries."""
    order = payload(path)["training"]["order"]
    return [run[k : k + size] for run in order for k in range(0, len(run), size)]


def ten_classes():
    return tinyvgg((32, 32), 10, seed=0)


def two_classes():
    return homework((24, 24), 2, seed=4)


@pytest.mark.parametrize(
    ("build", "name", "optimizer"),
    [
        (ten_classes, "Adam", Adam),
        (two_classes, "SGD", SGD),
        *(
            pytest.param(*other, marks=pytest.mark.slow)
            for other in ((ten_classes, "SGD", SGD), (two_classes, "Adam", Adam))
        ),
    ],
)
def test_twenty_steps_are_twenty_of_train_on_batch(browser, tmp_path, build, name, optimizer):
    """The engine, from the same weights over the same pictures in the page's order: losses within 1e-4."""
    model = build()
    names = wardrobe.CLASS_NAMES[: 2 if model.output_shape[-1] == 1 else 10]
    side = model.input_shape[1]
    model.classifier = make_card(names, (side, side))
    labels = [k % len(names) for k in range(7)]
    shown = [wardrobe.draw(names[label], k, size=side) for k, label in enumerate(labels)]
    made = Made(tmp_path, "page", model, shown, labels=labels)
    with Tab(browser, made) as t:
        t.view("training")
        t.choose("optimizer", name)
        t.choose("rate", str(RATES[name]))
        t.choose("pictures a step", "5")
        before = model.get_weights()[0].copy()
        got = steps(t, 20)
        kind = "binary_crossentropy" if len(names) == 2 else "sparse_categorical_crossentropy"
        model.compile(optimizer(RATES[name]), kind)
        x, y = np.stack(shown), np.array(labels).reshape(-1, *([1] if len(names) == 2 else []))
        want = [model.train_on_batch(x[batch], y[batch]) for batch in islice(cycle(batches(made.path, 5)), 20)]
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-4)
        assert abs(model.get_weights()[0] - before).max() > 1e-3  # the losses are those of weights that moved
        p = model.predict(x[:1])[0]
        t.page.evaluate("explorer.usePicture(0)")
        shown = t.page.evaluate("explorer.net.probabilities()")
        np.testing.assert_allclose(shown[-len(p) :], p, atol=1e-3)
        assert t.complaints == []


def test_start_pause_and_reset(small):
    with small() as t:
        t.view("training")
        saved = t.array("explorer.net.nodes[1].own.kernel")
        t.page.focus("text=Start training")
        t.page.keyboard.press("Enter")
        t.wait("explorer.trainer.losses.length >= 5")
        assert t.page.is_disabled("text=One step")
        assert t.page.evaluate("document.activeElement.textContent") == "Pause training"  # the focus stays
        t.page.keyboard.press("Enter")
        assert not t.page.evaluate("explorer.trainer.running")
        count = t.page.evaluate("explorer.trainer.losses.length")
        t.page.wait_for_timeout(200)
        assert t.page.evaluate("explorer.trainer.losses.length") == count
        assert t.page.locator(".here svg path").get_attribute("d").count("L") == count - 1
        assert "changed" in t.page.inner_text(".badge")
        t.page.click("text=Reset")
        assert t.page.locator(".badge").count() == 0 and t.page.locator(".here svg").count() == 0
        np.testing.assert_array_equal(t.array("explorer.net.nodes[1].own.kernel"), saved)
        assert t.complaints == []


def test_every_view_follows_and_can_pause(small):
    with small() as t:
        t.view("training")
        t.choose("rate", "0.01")
        t.page.click("text=Start training")
        for view in ("overview", "convolution", "layers", "backward", "against", "padding"):
            t.view(view)
            old = t.page.evaluate("explorer.version")
            t.wait(f"explorer.version > {old} + 1")
            kept = t.page.evaluate("""(() => { const { net } = explorer, shown = net.values.map((y) => y.slice());
                net.forward(explorer.pixels);
                return shown.every((y, i) => y.every((v, at) => v === net.values[i][at])); })()""")
            assert kept, view  # what is shown is what these weights give
            assert "changed" in t.page.inner_text(".badge"), view
        t.page.click("header >> text=Pause training")
        assert not t.page.evaluate("explorer.trainer.running")
        assert t.page.locator("text=Pause training").count() == 0
        assert t.complaints == []


def test_a_change_by_hand_pauses_and_counts(small):
    """The next step starts from the weight that was written, with the pixels that were."""
    with small() as t:
        t.view("training")
        steps(t, 3)
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[1], 'kernel', 0, 2.5)")
        t.page.evaluate("explorer.editPixel(7, 9)")
        steps(t, 1)
        weight = t.page.evaluate("explorer.net.nodes[1].own.kernel[0]")
        assert weight != 2.5 and weight == pytest.approx(2.5, abs=0.01)
        t.page.click("text=Start training")
        t.wait("explorer.trainer.losses.length > 6")
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[1], 'kernel', 0, -1.5)")
        assert not t.page.evaluate("explorer.trainer.running")
        assert t.page.evaluate("explorer.net.nodes[1].own.kernel[0]") == -1.5
        t.page.wait_for_timeout(200)
        assert t.page.evaluate("explorer.net.nodes[1].own.kernel[0]") == -1.5


def test_a_rate_too_large_ends_it_with_a_sentence(small):
    with small() as t:
        t.view("training")
        t.page.evaluate("explorer.trainer.rate = 1e30, explorer.trainer.optimizer = 'SGD'")
        t.page.click("text=Start training")
        t.wait("explorer.trainer.losses.length > 1 && !explorer.trainer.running")
        assert "no finite number" in t.page.inner_text(".here")
        assert t.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_bars_the_way(small, axe, theme, width):
    with small(theme=theme, width=width, bypass_csp=True) as t:
        t.view("training")
        steps(t, 3)
        assert faults(t.page, axe) == []
        assert t.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_order_is_of_labelled_pictures_and_differs_by_pass(small):
    order = payload(small.path)["training"]["order"]
    assert all(sorted(run) == [0, 1, 2, 3, 4] for run in order)
    assert len({tuple(run) for run in order}) > 1


def test_a_net_that_the_page_cannot_train_says_why(tab):
    with tab("same") as t:
        t.view("training")
        assert "batch_normalization (BatchNormalization) takes means over a batch" in t.page.inner_text(".here")
        assert t.page.locator("text=Start training").count() == 0


@pytest.mark.parametrize(
    "layers, given, says",
    [
        ([Dropout(0.5)], {}, "(Dropout) draws random numbers"),
        ([BatchNormalization()], {}, "takes means over a batch"),
        ([Dense(2, kernel_regularizer="l2")], {}, "has regularizers or constraints"),
        ([Dense(2)], {"heavy": True}, "too large"),
        ([Dense(2)], {"exact": False}, "too large"),
        ([Flatten()], {}, "nothing to learn"),
        ([Dense(2)], {"label": None}, "of no picture the true class is known"),
    ],
)
def test_refusals(layers, given, says):
    label = given.pop("label", 0)
    picture = Picture("a", label, np.zeros((1, 1, 1)))
    told = learning(Sequential([Input((4,)), *layers]), [picture], **({"heavy": False, "exact": True} | given))
    assert says in told["refusal"] and told["order"] == []
