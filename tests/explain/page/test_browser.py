"""The page in a real browser: alone with its file, by mouse and by keyboard, wide and narrow, light and dark."""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, Sequential, Softmax, explain
from minicnn.explain.page.html import bundle
from tests.explain.page import test_address as address
from tests.explain.page import test_carried as carried
from tests.explain.page import test_laboratory as laboratory
from tests.explain.page import test_mistakes as mistakes
from tests.explain.page import test_numbers as numbers
from tests.explain.page import test_patches as patches
from tests.explain.page import test_seen as seen
from tests.explain.page import test_spread as spread
from tests.explain.page import test_step as step
from tests.explain.page.conftest import Made, Tab

VIEWS = ["overview", "convolution", "layers", "backward", "against", "training", "padding"]
PIXELS = "(c) => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
NETS = ["demo", "homework", "grey", "same", "photographs", "large"]


@pytest.mark.parametrize("name", NETS)
def test_all_seven_parts_by_mouse_and_nothing_leaves_the_page(tab, pages, name):
    with tab(name, offline=True) as t:
        for view in VIEWS:
            t.view(view)
            assert t.page.locator(f"#tab-{view}").get_attribute("aria-selected") == "true"
            assert len(t.page.inner_text("main")) > 80
        assert t.requests == [pages[name].path.as_uri()] and t.complaints == []


def test_all_seven_parts_by_keyboard_alone(tab):
    with tab("demo") as t:
        press = t.page.keyboard.press
        focused = "document.activeElement.id || document.activeElement.className"
        for _ in range(12):
            press("Tab")
            if t.page.evaluate(focused) == "tab-overview":
                break
        for view in [*VIEWS[1:], VIEWS[0]]:
            press("ArrowRight")
            assert t.page.evaluate(focused) == f"tab-{view}"
        for _ in range(6):  # into the columns: one stop for all maps, arrows walk between them
            press("Tab")
            if "tile" in t.page.evaluate(focused):
                break
        for _ in range(2):
            press("ArrowRight")
        press("ArrowDown")
        label = t.page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert label.startswith("conv2d, channel 1,")
        assert t.page.locator(".lines path").count() == 3  # what feeds it
        press("Enter")
        assert t.page.locator("#tab-convolution").get_attribute("aria-selected") == "true"
        assert t.page.evaluate("[explorer.view.node.name, explorer.view.map]") == ["conv2d", 1]
        t.page.locator(".side .stage.pickable").focus()
        before = t.page.evaluate("explorer.view.cell")
        press("ArrowDown")
        press("ArrowRight")
        assert t.page.evaluate("explorer.view.cell") == [before[0] + 1, before[1] + 1]
        assert f"row {before[0] + 1}, column {before[1] + 1}" in t.page.inner_text("#live")


def test_the_keyboard_keeps_its_place(tab):
    """A change draws the view anew; the control that made it keeps the focus, so that the next key goes on from it."""
    with tab("demo") as t:
        press, held = t.page.keyboard.press, "document.activeElement.closest('label, [aria-label]')"
        for view, label in (
            ("convolution", "output"),
            ("layers", "layer"),
            ("backward", "gradient at"),
            ("training", "layer"),
            ("padding", "padding"),
        ):
            t.view(view)
            t.page.locator("label.field", has=t.page.locator(f"span:text-is('{label}')")).locator("select").focus()
            before = t.page.evaluate("document.activeElement.value")
            press("ArrowDown")
            after = t.page.evaluate("[document.activeElement.value, " + held + ".firstChild.textContent]")
            assert after[0] != before and after[1] == label, view
        t.view("layers")
        t.page.get_by_label("next layer").focus()
        for _ in range(2):
            press("Enter")
            assert t.page.evaluate(held + ".getAttribute('aria-label')") == "next layer"
        t.view("convolution")
        t.page.locator('[data-grid="kernel"] input').nth(4).focus()
        press("ArrowUp")  # changes the weight
        press("Tab")
        assert t.page.evaluate(held + ".getAttribute('aria-label')").endswith("1, 2")


def test_connections_scales_and_legends(tab):
    with tab("demo") as t:
        t.page.hover('[data-node="4"][data-map="2"]')
        assert t.page.locator(".lines path").count() == 10
        legend = t.page.locator(".info .legend .num").evaluate_all("all => all.map((n) => Number(n.dataset.value))")
        assert legend[0] == -legend[1] < 0
        values = [t.array(f"explorer.net.values[{index}]") for index in range(1, 15)]
        own = np.abs(t.array("explorer.map(7, 3)")).max()
        layer, net = np.abs(values[6]).max(), max(np.abs(array).max() for array in values)
        for scale, most in (("each map its own", own), ("one a layer", layer), ("one for the whole net", net)):
            t.choose("colour scale", scale)
            assert t.page.evaluate("explorer.range(7, explorer.map(7, 3))") == pytest.approx(most, rel=1e-6)
            rgba = t.page.locator('[data-node="7"][data-map="3"] canvas').evaluate(PIXELS)
            assert (min(rgba) <= 8) == (most == own)  # full colour only on its own scale
        assert len({own, layer, net}) == 3
        for view in ("convolution", "layers", "backward"):  # maps to look into show their colours
            t.view(view)
            assert t.page.locator(".map .stage.pickable").count() and t.page.locator(".map .legend").count(), view


def test_zero_is_white_and_both_signs_differ(tab):
    with tab("demo") as t:
        t.view("backward")
        t.choose("gradient at", "re_lu_3")
        t.choose("of its", "output")
        data = t.array("explorer.gradientMap(explorer.view.index, explorer.view.at % 10)")
        pixels = t.page.locator(".apart .stage canvas").evaluate(PIXELS)
        rgb = np.array(pixels).reshape(-1, 4)[:, :3]
        assert (data == 0).any() and (rgb[data == 0] == 255).all()
        above, below = rgb[data == data.max()][0], rgb[data == data.min()][0]
        assert data.max() <= 0 or above[0] > above[2] + 50  # orange
        assert data.min() >= 0 or below[2] > below[0]  # blue


def test_wide_layers_show_the_strongest_and_page_through_the_rest(tab):
    with tab("homework") as t:
        strength = [float(np.abs(t.array(f"explorer.map(2, {c})")).sum()) for c in range(32)]
        shown = t.page.locator('[data-node="2"]').evaluate_all("all => all.map((tile) => Number(tile.dataset.map))")
        assert shown == sorted(range(32), key=lambda c: -strength[c])[:10]
        for _ in range(3):
            t.page.get_by_label("conv2d (before relu): next maps").click()
            shown += t.page.locator('[data-node="2"]').evaluate_all("all => all.map((one) => Number(one.dataset.map))")
        assert sorted(shown) == list(range(32))


def test_the_window_plays_pauses_and_steps(tab):
    with tab("demo") as t:
        t.view("convolution")
        t.page.click("text=Step back")
        start = t.page.evaluate("explorer.view.position()")
        t.page.get_by_role("button", name="Step", exact=True).click()
        assert t.page.evaluate("explorer.view.position()") == start + 1
        t.page.get_by_role("button", name="Play").click()  # 8 stops a second: minutes to the end of the map
        t.wait(f"explorer.view.position() > {start + 3}")
        t.page.get_by_role("button", name="Pause").click()
        stopped = t.page.evaluate("explorer.view.position()")
        t.page.wait_for_timeout(300)
        assert t.page.evaluate("explorer.view.position()") == stopped


def test_an_input_cell_marks_every_stop_that_reads_it(tab):
    with tab("demo") as t:
        t.view("convolution")
        t.page.evaluate("explorer.view.chooseInput(1, 10, 20)")
        assert t.page.locator(".side .mark.reads").count() == 9


def test_names_with_markup_show_as_text(browser, tmp_path):
    nasty = ["<b>bold</b>", "</script><script>window.broken = 1</script>", "<img src=x onerror='window.broken = 1'>"]
    model = Sequential(
        [Input((8, 8, 1)), Conv2D(2, 3, name="<i>layer<i>"), Flatten(), Dense(3), Softmax(name="--><svg>")], seed=0
    )
    made = Made(
        tmp_path,
        "nasty",
        model,
        [np.zeros((8, 8), np.uint8)],
        classes=nasty,
        names=["<u>file</u>.png"],
        title="{{SCRIPT}} <!-- title",
    )
    with Tab(browser, made) as t:
        for view in VIEWS:
            t.view(view)
            text = t.page.inner_text("body")
            assert "<u>file</u>.png" in text and "{{SCRIPT}} <!-- title" in text
            assert t.page.locator("main b, main i, main u, main img, main script").count() == 0
        t.view("overview")
        assert [t.page.locator(".bar-name").nth(k).inner_text() for k in range(3)] == nasty
        assert t.page.evaluate("window.broken") is None and t.complaints == []


# ---- shape, speed, style --------------------------------------------------------------------------------------------

LAYOUT = """() => {
  const faults = [], seen = (node) => node.getClientRects().length && getComputedStyle(node).visibility !== "hidden";
  const whole = document.documentElement.scrollWidth;
  if (whole > innerWidth) faults.push(`the page is ${whole} wide`);
  const hidden = (node) => node.closest(".hidden, .skip, .scroll, nav, .marks");
  const kinds = "button, select, input, canvas, h1, h2, .formula, .total, svg.curve, svg.lab-grid";
  const all = [...document.querySelectorAll(kinds)];
  const boxes = all.filter((node) => seen(node) && !hidden(node)).map((node) => [node, node.getBoundingClientRect()]);
  const name = (node) => `${node.tagName} ${node.textContent.slice(0, 20)}`;
  for (const [node, box] of boxes) {
    if (box.right > innerWidth + 1 || box.left < -1) faults.push(`${name(node)} is cut at ${box.right}`);
    const texts = ["BUTTON", "H1", "H2"].includes(node.tagName);
    if (texts && node.clientWidth && node.scrollWidth > node.clientWidth + 2)
      faults.push(`the text of ${node.textContent.slice(0, 30)} is cut`);
  }
  boxes.forEach(([node, a], k) => boxes.slice(k + 1).forEach(([other, b]) => {
    if (node.contains(other) || other.contains(node)) return;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && tall > 2) faults.push(`${name(node)} overlaps ${name(other)}`);
  }));
  return faults;
}"""


@pytest.mark.parametrize("width, height", [(1280, 720), (390, 844)])
def test_nothing_overlaps_and_nothing_is_cut(tab, pages, width, height):
    for name in NETS:
        if name not in pages:
            continue
        with tab(name, width=width, height=height) as t:
            for view in VIEWS:
                t.view(view)
                assert t.page.evaluate(LAYOUT) == [], f"{name}, {view}, {width} x {height}"


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, part, c) => sum + part * linear(rgb[c] / 255), 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faults = [], texts = "p, h1, h2, h3, td, th, button:enabled, label span, figcaption, .bar-name, .cell, .entry";
  for (const node of document.querySelectorAll(texts)) {
    if (!node.textContent.trim() || !node.getClientRects().length || node.closest(".padding")) continue;
    if (getComputedStyle(node).fontSize === "0px") continue;
    const a = light(parse(getComputedStyle(node).color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${node.className} ${node.textContent.slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(faults)];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(tab, theme):
    with tab("demo", theme=theme) as t:
        for view in VIEWS:
            t.view(view)
            assert t.page.evaluate(CONTRAST) == [], view
        t.choose("theme", "dark" if theme == "light" else "light")  # the switch overrules the system
        background = t.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", background)[0]) < 90) == (theme == "light")
        assert t.page.evaluate(CONTRAST) == []


def test_every_picture_has_words(tab):
    """Every canvas and drawing has a text in its place: its own, or that of the control that it lies in."""
    with tab("demo") as t:
        for view in VIEWS:
            t.view(view)
            silent = t.page.evaluate("""Array.from(document.querySelectorAll("canvas, svg")).filter((node) =>
                !node.closest("[aria-label], .legend") && node.getAttribute("aria-hidden") !== "true")
                .map((node) => node.outerHTML.slice(0, 80))""")
            assert silent == []
            unnamed = t.page.evaluate("""Array.from(document.querySelectorAll("button, input, select")).filter((node) =>
                !node.textContent.trim() && !node.getAttribute("aria-label") && !node.closest("label")
                && !node.classList.contains("hidden")).map((node) => node.outerHTML.slice(0, 80))""")
            assert unnamed == []


def test_the_demos_page_is_small_and_quick(tab, pages, record_property):
    assert pages["demo"].size < 3_000_000
    with tab("demo") as t:
        shown = t.page.evaluate("explorer.shown")  # ms until the first map; how many is for a quiet machine to say
    assert shown > 0
    record_property("first_map_ms", shown)


FRAMES = """new Promise((done) => { const times = [];
    const tick = (now) => { times.push(now); times.length < 40 ? requestAnimationFrame(tick) : done(times); };
    requestAnimationFrame(tick); })"""


def test_the_animation_moves_on_with_the_frames(tab, record_property):
    with tab("demo") as t:
        t.view("convolution")
        t.choose("layer", "conv2d_1")  # ten channels
        t.page.get_by_label("stops a second").fill("60")
        before = t.page.locator("body").inner_text()
        t.page.get_by_role("button", name="Play").click()
        times = t.page.evaluate(FRAMES)
        t.page.evaluate("explorer.view.pause()")
        assert t.page.locator("body").inner_text() != before
        record_property("frame_ms", float(np.median(np.diff(times))))


def test_no_module_writes_markup_or_names_an_address():
    text = bundle()
    assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|eval\(|new Function", text)
    assert set(re.findall(r"https?://[^\"/]+", text)) == {"http://www.w3.org"}  # the name of SVG, not an address


ROWS = {  # each row of the package's table, and the tests that hold it
    "overview: columns of maps, connections on hover": [test_connections_scales_and_legends],
    "elastic convolution view: channels, kernels, intermediate maps": [
        numbers.test_a_sum_of_products,
        test_an_input_cell_marks_every_stop_that_reads_it,
        test_the_window_plays_pauses_and_steps,
    ],
    "formula views: convolution, ReLU, pooling, flatten, softmax": [
        numbers.test_a_sum_of_products,
        numbers.test_a_relu_around_the_chosen_cell,
        numbers.test_a_pool_winner_and_a_tie,
        numbers.test_softmax_sigmoid_dense_flatten_and_the_loss,
    ],
    "choice of the colour scale": [test_connections_scales_and_legends],
    "playground of size, window, stride": [laboratory.test_the_padding_laboratory],
    "a picture of one's own": [numbers.test_a_picture_of_ones_own],
    "a model of one's own, its classes and data": [
        test_all_seven_parts_by_mouse_and_nothing_leaves_the_page,
        numbers.test_every_map_and_every_gradient_is_the_engines,
    ],
    "sigmoid, dense, loss": [numbers.test_softmax_sigmoid_dense_flatten_and_the_loss],
    "backward: gradients of every map, kernel and bias, taken apart": [
        numbers.test_the_terms_of_a_gradient,
        carried.test_gradients_of_a_net_too_large,
    ],
    "one step of learning at any rate": [
        numbers.test_the_loss_after_a_step,
        step.test_three_steps_are_three_of_train_on_batch,
    ],
    "a mistake: one class against another": [
        mistakes.test_the_page_opens_on_the_worst_mistake_and_names_it,
        mistakes.test_one_class_against_another,
    ],
    "receptive fields, weights and multiply-adds": [
        seen.test_the_receptive_field_is_marked,
        seen.test_the_columns_tell_what_the_summary_tells,
    ],
    "the patches that make a map strongest": [patches.test_the_page_shows_the_patches_of_the_engine],
    "an address for every number": [address.test_a_number_has_an_address],
    "training: the net at several epochs": [numbers.test_every_epoch_is_its_checkpoint],
    "histograms by epoch, dead ReLUs, kernels in colour": [
        spread.test_histograms_are_those_of_the_checkpoints,
        spread.test_dead_relus_are_counted_over_all_pictures,
        spread.test_kernels_over_colours_are_pictures,
    ],
    "pixels and weights to change": [numbers.test_a_changed_pixel_and_a_changed_weight_change_everything_after],
    "non-square windows, asymmetric padding, the floor": [
        laboratory.test_the_padding_laboratory,
        laboratory.test_the_laboratory_takes_any_size_and_a_click,
    ],
    "keyboard alone; a phone's screen": [
        test_all_seven_parts_by_keyboard_alone,
        test_the_keyboard_keeps_its_place,
        test_nothing_overlaps_and_nothing_is_cut,
    ],
}


def test_every_row_of_the_packages_table_has_its_tests():
    rows = [line.split("|")[1].strip() for line in explain.__doc__.splitlines() if line.startswith("| ")]
    assert rows[1:] == list(ROWS) and all(callable(test) for tests in ROWS.values() for test in tests)
