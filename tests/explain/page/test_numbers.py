"""What the page computes is what the engine computes: every map, every gradient, and the numbers that it prints."""

import numpy as np
import pytest

from minicnn import load_model
from minicnn.data import load_image
from minicnn.explain import trace, trace_gradient
from minicnn.explain.terms import find, run_backward, run_forward
from minicnn.models.kinks import pattern
from tests.explain.page.conftest import EPOCHS

LIVE = ["demo", "homework", "grey", "same", "photographs"]
# nested models, shared layers, Add, Multiply, every other layer
EVERY_LAYER = ["branches", "later", "prepared", "strongest", "shared"]


def fed(model, pixels):
    """Return what the model itself takes: pixels scaled as its classifier.json says."""
    known = model.classifier or {"scale": 1.0, "offset": 0.0}
    return (pixels.astype(np.float64) * known["scale"] + known["offset"]).astype(np.float32)


def assert_near(got, want, what):
    """Hold an array against the engine's: 1e-5 of its largest value."""
    want = np.asarray(want).ravel()
    error = np.abs(np.asarray(got) - want).max() / max(np.abs(want).max(), 1e-30)
    assert error <= 1e-5, f"{what}: off by {error:.1e} of its largest value"


def maps_of_the_page(t, made, x):
    """Read the maps off the page, hold it against the engine's; say whether both lie on the same side of all kinks."""
    _, values = run_forward(made.model, x)
    read = {}
    for index, key in enumerate(t.page.evaluate("explorer.net.nodes.map((node) => node.engine)")):
        if key is not None:
            read[key] = t.array(f"explorer.net.values[{index}]").reshape(values[key].shape)
            assert_near(read[key].ravel(), values[key], key)
    sides = zip(pattern(made.model, read), pattern(made.model, values), strict=True)
    return all(np.array_equal(page, engine) for page, engine in sides)


@pytest.mark.parametrize("name", LIVE + EVERY_LAYER)
def test_every_map_and_every_gradient_is_the_engines(tab, pages, name):
    with tab(name) as t:
        made, label = pages[name], 1
        pixels = made.pixels.astype(np.float32)
        for _ in range(5):  # where rounding moved a number across a ReLU's zero or a pool's tie, gradients may differ
            if maps_of_the_page(t, made, x := fed(made.model, pixels)):
                break
            pixels[pixels.shape[0] // 2, pixels.shape[1] // 2] += 1
            t.page.evaluate(
                "(pixels) => { explorer.pixels = Float32Array.from(pixels); explorer.changed(); }",
                pixels.ravel().tolist(),
            )
        else:
            pytest.fail("page and engine are on different sides of a kink for every picture")
        nodes = t.page.evaluate("explorer.net.nodes")
        truth = np.array([[1.0]]) if made.model.output_shape[-1] == 1 else label
        run = run_backward(made.model, x, truth)
        t.page.evaluate(f"explorer.useLabel({label}); explorer.gradients()")
        for index, node in enumerate(nodes):
            got = t.array(f"explorer.net.gradients[{index}]")
            assert (got is None) == (run.fused and node is nodes[-1])
            if got is not None:
                want = run.gradient_at(*find(run.places, node["name"]))
                assert_near(got, want, f"gradient of {node['name']}")
        assert t.page.evaluate("explorer.loss()") == pytest.approx(run.value, rel=1e-5)
        seen = set()
        for index, node in enumerate(nodes):
            for array in node["learns"]:
                key = node["weights"][node["arrays"].index(array)]
                assert_near(t.array(f"explorer.net.grads[{index}].{array}"), run.grads[key], f"gradient of {key}")
                seen.add(key)
        assert seen == set(run.grads)


@pytest.mark.parametrize("name", LIVE)
def test_a_sum_of_products(tab, pages, name):
    with tab(name) as t:
        t.view("convolution")
        model, layer, shown = pages[name].model, *t.page.evaluate("[explorer.view.node.name, explorer.view.map]")
        t.write("row", 0)
        t.write("column", 2)
        want = trace(model, fed(model, pages[name].pixels), layer, (0, 2, shown))
        channel = t.page.evaluate("explorer.view.focus")
        terms = [term for term in want.terms if f"channel {channel}]" in term.where]
        np.testing.assert_allclose(t.grid("window"), [term.factors[0] for term in terms], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(t.grid("kernel"), [term.factors[1] for term in terms], rtol=1e-6)
        np.testing.assert_allclose(t.grid("products"), [term.value for term in terms], rtol=1e-5, atol=1e-7)
        assert t.number("channel-sum") == pytest.approx(sum(term.value for term in terms), rel=1e-5)
        assert t.number("output") == pytest.approx(want.value, rel=1e-5)
        assert t.page.locator('[data-grid="window"] .padding').count() == sum(term.note == "padding" for term in terms)


def test_a_pool_winner_and_a_tie(tab, pages):
    with tab("demo") as t:
        model, x = pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels)
        t.view("layers")
        t.choose("layer", "max_pooling2d: MaxPooling2D")
        for i, j, c in ((3, 5, 0), (10, 12, 4), (20, 7, 9)):
            t.page.evaluate(f"explorer.view.map = {c}, explorer.view.update(), explorer.view.choose({i}, {j})")
            want = trace(model, x, "max_pooling2d", (i, j, c))
            np.testing.assert_allclose(t.grid("window"), [term.factors[0] for term in want.terms], rtol=1e-5, atol=1e-6)
            winner = next(k for k, term in enumerate(want.terms) if term.note == "winner")
            assert "winner" in t.page.locator('[data-grid="window"] .cell').nth(winner).get_attribute("class")
            assert t.number("winner") == t.number("output") == pytest.approx(want.value, rel=1e-5)
        t.page.evaluate("explorer.pixels.fill(0), explorer.changed()")  # a black picture: every window ties
        assert "A tie: 4 cells" in t.page.inner_text(".tie-note")


def test_a_relu_around_the_chosen_cell(tab, pages):
    with tab("demo") as t:
        _, values = run_forward(pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels))
        t.view("layers")
        t.choose("layer", "re_lu_3: relu")
        t.choose("map", "channel 5")
        t.page.evaluate("explorer.view.choose(0, 12)")
        z, y = (values[key][0, :3, 11:14, 5].ravel() for key in ("conv2d_3", "re_lu_3"))
        np.testing.assert_allclose(t.grid("x"), z, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(t.grid("y"), y, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(t.grid("y"), np.maximum(t.grid("x"), 0))
        t.page.locator('[data-grid="y"] .cell').nth(5).click()  # a number is a way to its cell
        assert t.page.evaluate("explorer.view.cell") == [1, 13]


def test_softmax_sigmoid_dense_flatten_and_the_loss(tab, pages):
    with tab("demo") as t:
        model, x = pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels)
        t.view("layers")
        t.choose("layer", "softmax: softmax")
        want = trace(model, x, "softmax", 3)
        assert t.number("exp-sum") == pytest.approx(want.total, rel=1e-5)
        assert t.number("sum") == pytest.approx(1, abs=1e-6)
        assert t.number("softmax3") == pytest.approx(want.value, rel=1e-5)
        t.choose("layer", "dense: Dense")
        t.choose("output", "hat")
        want = trace(model, x, "dense", 1)
        assert t.number("output") == pytest.approx(want.engine, rel=1e-5)
        largest = max(want.terms, key=lambda term: abs(term.value))
        first = t.page.locator(".formula-view tbody tr").first.locator(".num").last.get_attribute("data-value")
        assert float(first) == pytest.approx(largest.value, rel=1e-5)
        t.choose("layer", "flatten: Flatten")
        t.page.get_by_label("entry").fill("987")
        t.page.get_by_label("entry").press("Enter")
        want = trace(model, x, "flatten", 987)
        assert t.number("value") == pytest.approx(want.value, rel=1e-5)
        i, j, c = np.unravel_index(987, (13, 13, 10))
        assert f"[{i}, {j}, channel {c}] becomes entry" in t.page.inner_text(".formula-view")
        t.choose("layer", "the loss")
        t.choose("true label", "skirt")
        assert t.number("loss") == pytest.approx(run_backward(model, x, 8).value, rel=1e-5)
    with tab("homework") as t:
        model, x = pages["homework"].model, fed(pages["homework"].model, pages["homework"].pixels)
        t.view("layers")
        t.choose("layer", "sigmoid: sigmoid")
        assert t.number("output") == pytest.approx(trace(model, x, "sigmoid", 0).value, rel=1e-5)
        assert "need not sum to 1" in t.page.inner_text("main")


@pytest.mark.parametrize(
    "what, index",
    [
        ("conv2d_1/kernel", (0, 1, 2, 3)),
        ("conv2d_3/bias", (4,)),
        ("dense/kernel", (17, 3)),
        ("max_pooling2d", (0, 5, 6, 1)),
        ("re_lu_2", (0, 5, 6, 1)),
        ("dense", (0, 3)),
    ],
)
def test_the_terms_of_a_gradient(tab, pages, what, index):
    with tab("demo") as t:
        model, x = pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels)
        want = trace_gradient(model, x, 3, what, index)
        t.page.evaluate("explorer.useLabel(3)")
        t.view("backward")
        layer, _, array = what.partition("/")
        t.choose("gradient at", layer)
        t.choose("of its", array or "output")
        shape = model.params[what].shape if array else (*t.page.evaluate("explorer.view.node.shape"),)
        flat = int(np.ravel_multi_index(index if array else index[1:], shape))
        t.page.evaluate(f"explorer.view.at = {flat}, explorer.view.drawOne()")
        size = max(abs(want.value), max(abs(term.value) for term in want.terms))
        assert t.number("terms-sum") == pytest.approx(want.value, abs=1e-5 * size)
        assert t.number("gradient") == pytest.approx(want.engine, abs=1e-5 * size)
        shown = t.page.locator(".apart tbody tr").all_inner_texts()
        largest = max(want.terms, key=lambda term: abs(term.value))
        assert what == "dense" or largest.note.split(", ")[0] in shown[0]  # there p and -t stand for themselves


def test_the_loss_after_a_step(tab, pages):
    with tab("demo") as t:
        model, x = pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels)
        run = run_backward(model, x, 3)
        t.page.evaluate("explorer.useLabel(3)")
        t.view("backward")
        t.page.get_by_label("learning rate").first.fill("-1.5")
        moved = model.astype("float32")
        for key, gradient in run.grads.items():
            moved.params[key][...] -= np.float32(10**-1.5) * gradient
        assert t.number("loss-before") == pytest.approx(run.value, rel=1e-5)
        assert t.number("loss-after") == pytest.approx(run_backward(moved, x, 3).value, rel=1e-4)
        assert t.page.evaluate("explorer.loss()") == pytest.approx(run.value, rel=1e-5)  # the net itself did not move


def test_every_epoch_is_its_checkpoint(tab, pages):
    with tab("demo") as t:
        t.view("training")
        slider = t.page.get_by_label("epoch", exact=True)
        for k, epoch in enumerate(EPOCHS):
            slider.fill(str(k))
            assert t.page.inner_text(".epoch") == f"epoch {epoch}"
            model = load_model(pages["demo"].path.parent / "series" / f"epoch_{epoch:02d}.keras")
            got = t.page.locator(".bar-value").evaluate_all("bars => bars.map((bar) => Number(bar.dataset.value))")
            want = model.predict(pages["demo"].pixels[None].astype(np.float32))[0]
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-7)
        label = t.page.locator("main .curve").get_attribute("aria-label")
        assert "training from 2 to 1.2, validation from 2.1 to" in label


def test_a_changed_pixel_and_a_changed_weight_change_everything_after(tab, pages):
    with tab("demo") as t:
        model, pixels = pages["demo"].model.astype("float32"), pages["demo"].pixels.astype(np.float32)
        t.view("layers")
        t.choose("layer", "input_layer: Input")
        t.write("row", 20)
        row, column = t.page.evaluate("explorer.view.cell")
        t.write("green", 255)
        pixels[row, column, 1] = 255
        t.view("convolution")
        weight = t.page.locator('[data-grid="kernel"] input').nth(4)
        weight.fill("0.75")
        weight.press("Tab")
        channel, shown = t.page.evaluate("[explorer.view.focus, explorer.view.map]")
        model.get_layer("conv2d").params["kernel"][1, 1, channel, shown] = 0.75
        _, values = run_forward(model, fed(model, pixels))
        assert_near(t.array("explorer.net.values.at(-1)"), values["softmax"][0], "prediction")
        t.page.click("text=Undo changes")
        _, values = run_forward(pages["demo"].model, fed(pages["demo"].model, pages["demo"].pixels))
        assert_near(t.array("explorer.net.values.at(-1)"), values["softmax"][0], "after undoing")


def test_a_picture_of_ones_own(tab, pages, tmp_path):
    """Chosen from the disk: the same pixels as `load_image` gives, and the same prediction."""
    from PIL import Image

    file = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (97, 130, 3), np.uint8)).save(file)
    with tab("demo") as t:
        t.page.set_input_files("#file", file)
        t.wait("explorer.payload.pictures.length === 2")
        want = load_image(file, (64, 64))
        np.testing.assert_array_equal(t.page.evaluate("Array.from(explorer.pixels)"), want.ravel())
        p = pages["demo"].model.predict(want[None].astype(np.float32))[0]
        assert t.page.locator(".verdict").get_attribute("data-verdict").startswith(wardrobe_name(p))
        t.page.evaluate(
            """bytes => { const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.png", { type: "image/png" }));
            window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer })); }""",
            list(file.read_bytes()),
        )
        t.wait("explorer.payload.pictures.length === 3")
        np.testing.assert_array_equal(t.page.evaluate("Array.from(explorer.pixels)"), want.ravel())
        assert "dropped.png" in t.page.inner_text("header")
        (tmp_path / "no.png").write_bytes(b"no picture")
        t.page.set_input_files("#file", tmp_path / "no.png")
        t.page.wait_for_selector("text=no.png cannot be read as a picture")


def wardrobe_name(p):
    """Name the likeliest class of the demo."""
    from minicnn.data.wardrobe.pictures import CLASS_NAMES

    return CLASS_NAMES[int(p.argmax())]
