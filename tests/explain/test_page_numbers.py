"""What the page computes is what the engine computes: every map, every gradient, and the numbers that it prints."""

import re

import numpy as np
import pytest

from minicnn import load_model, reference
from minicnn.data import load_image
from minicnn.explain import trace, trace_gradient
from minicnn.explain.page import page
from minicnn.explain.terms import find, run_backward, run_forward
from minicnn.models.kinks import pattern
from tests.explain.conftest import EPOCHS, Made, Tab

LIVE = ["demo", "homework", "grey", "same", "photographs"]
# nested models, shared layers, Add, Multiply, every other layer
EVERY_LAYER = ["branches", "later", "prepared", "strongest", "shared"]


def fed(model, pixels):
    """What the model itself takes: pixels scaled as its classifier.json says."""
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


def test_a_net_too_large_carries_the_engines_own_numbers(tab, pages):
    with tab("large") as t:
        model, pixels = pages["large"].model, pages["large"].pixels
        assert "too large to compute in a page (11.2 million weights" in t.page.inner_text("header")
        _, values = run_forward(model, fed(model, pixels))
        run = run_backward(model, fed(model, pixels), np.array([[0.0]]))
        for index, node in enumerate(t.page.evaluate("explorer.net.nodes")):
            if node["engine"] is None or node["kind"] == "Input":
                continue
            for c in t.page.evaluate(f"explorer.net.channels({index}) ?? []"):
                got = t.array(f"explorer.map({index}, {c})")
                np.testing.assert_array_equal(got, values[node["engine"]][0, ..., c].ravel())
                got = t.array(f"(explorer.gradients(), explorer.gradientMap({index}, {c}))")
                np.testing.assert_array_equal(got, run.gradients[node["engine"]][0, ..., c].ravel())
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
        model, x = pages["large"].model, fed(pages["large"].model, pages["large"].pixels)
        truth = np.array([[0.0]])
        run = run_backward(model, x, truth)
        t.view("backward")
        map_ = t.page.evaluate("explorer.net.channels(2)[3]")
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
    monkeypatch.setattr(page, "too_large", lambda model: True)
    made = Made(tmp_path, name, pages[name].model, [pages[name].pixels], labels=[1])
    run = run_backward(
        pages[name].model,
        fed(pages[name].model, pages[name].pixels),
        [[1.0]] if pages[name].model.output_shape[-1] == 1 else 1,
    )
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


def test_a_changed_pixel_and_a_changed_weight_change_everything_behind(tab, pages):
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


def test_the_padding_laboratory(tab):
    with tab("grey") as t:
        t.view("padding")
        for settings in [(7, 3, 2, 1), (6, 3, 2, 1), (5, 2, 2, 1), (9, 3, 1, 2), (3, 1, 2, 1), (10, 4, 3, 1)]:
            check_laboratory(t, *settings)


def test_the_laboratory_takes_any_size_and_a_click(tab):
    with tab("grey") as t:
        t.view("padding")
        for axis, size in (("height", 400), ("width", 300)):
            t.page.locator(f'[name="input-{axis}"]').fill(str(size))
            t.page.locator(f'[name="input-{axis}"]').press("Tab")
        assert t.number("height-output") == 200 and t.number("width-output") == 150
        box = t.page.locator("svg.lab-output").bounding_box()
        t.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
        row, column = t.page.evaluate("explorer.lab.at")
        assert abs(row - 50) <= 1 and abs(column - 75) <= 1
        t.page.keyboard.press("ArrowDown")
        assert t.page.evaluate("explorer.lab.at") == [row + 1, column]


def check_laboratory(t, n, k, s, d):
    """Set one axis and hold pads, size and dropped pixels against reference/padding.py, in all four modes."""
    for text, value in (("input", n), ("window", k), ("stride", s), ("dilation", d)):
        t.page.locator(f'[name="{text}-height"]').fill(str(value))
        t.page.locator(f'[name="{text}-height"]').press("Tab")
    same = reference.same_pads(n, k, s, d)
    for text, pads in (
        ("valid: none", (0, 0)),
        ("same, as TensorFlow pads", same),
        ("symmetric, as PyTorch pads", (1, 1)),
        ("explicit", (2, 1)),
    ):
        t.choose("padding", text)
        if text == "explicit":
            t.page.locator('[name="pad-top"]').fill("2")
            t.page.locator('[name="pad-top"]').press("Tab")
        got = [t.number(f"height-{end}") for end in ("before", "after", "output")]
        assert got == [*pads, reference.output_size(n, k, s, sum(pads), d)]
        dropped = (n + sum(pads) - reference.effective_size(k, d)) % s
        drops = t.page.locator('[data-name="height-dropped"]')
        assert (float(drops.get_attribute("data-value")) if drops.count() else 0) == dropped
