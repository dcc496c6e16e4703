"""Where things are on the page: the chosen cell, the marks, the curves, the stops of the keyboard."""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Flatten, Input, Sequential
from tests.explain.nets import randomise
from tests.explain.page.conftest import Made, Tab, noise

PLACE = """(mark) => ["top", "left", "height", "width"].map((side) => parseFloat(mark.style[side]))"""


def test_the_gradient_is_marked_where_the_chosen_number_lies(tab):
    with tab("demo") as t:
        t.view("backward")
        t.choose("gradient at", "re_lu_3")
        t.choose("of its", "output")
        height, width, channels = t.page.evaluate("explorer.view.node.shape")
        at = (5 * width + 11) * channels + 3
        t.page.evaluate(f"explorer.view.at = {at}, explorer.view.drawOne()")
        mark = t.page.locator(".apart .mark").first.evaluate(PLACE)
        np.testing.assert_allclose(mark, [500 / height, 1100 / width, 100 / height, 100 / width], rtol=1e-4)
        value = t.page.evaluate(f"explorer.gradients()[explorer.view.index][{at}]")
        assert t.number("gradient") == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("own, first", [(0, 0), (4, 0), (5, 1), (9, 1)])
def test_nine_channels_of_a_kernels_gradient_the_chosen_one_among_them(tab, own, first):
    with tab("demo") as t:
        t.view("backward")
        t.choose("gradient at", "conv2d_1")
        t.choose("of its", "kernel")
        t.page.evaluate(f"explorer.view.at = (4 * 10 + {own}) * 10 + 7, explorer.view.drawOne()")  # the window's middle
        shown = t.page.locator('[data-grid^="dkernel"]').evaluate_all("all => all.map((grid) => grid.dataset.grid)")
        assert shown == [f"dkernel{c}" for c in range(first, first + 9)]
        chosen = t.page.locator(f'[data-grid="dkernel{own}"] .cell').evaluate_all("all => all.map((c) => c.className)")
        assert ["winner" in name for name in chosen] == [tap == 4 for tap in range(9)]


def test_curves_run_from_what_feeds_a_map_to_the_map_and_turn_half_way(tab):
    with tab("demo") as t:
        t.page.hover('[data-node="4"][data-map="2"]')
        box = t.page.locator(".lines").bounding_box()
        own = t.page.locator('[data-node="4"][data-map="2"]').bounding_box()
        curves = t.page.locator(".lines path").evaluate_all(
            "all => all.map((p) => p.getAttribute('d').match(/-?[\\d.]+/g))"
        )
        ends = {(round(float(x[0]) + box["x"]), round(float(x[1]) + box["y"])) for x in curves}
        tiles = [t.page.locator(f'[data-node="3"][data-map="{c}"]').bounding_box() for c in range(10)]
        assert ends == {(round(b["x"] + b["width"]), round(b["y"] + b["height"] / 2)) for b in tiles}
        for x0, y0, half, y1, other, y2, x3, y3 in (map(float, x) for x in curves):
            assert (y1, other, y2) == (y0, half, y3) and half == pytest.approx((x0 + x3) / 2)
            assert x3 == pytest.approx(own["x"] - box["x"], abs=1)
            assert y3 == pytest.approx(own["y"] + own["height"] / 2 - box["y"], abs=1)


def test_a_curve_is_thicker_where_the_kernel_weighs_more(tab, pages):
    """From 0.1 to 1 of its width, by the largest weight between two maps, of the kernel's largest."""
    with tab("demo") as t:
        t.page.hover('[data-node="4"][data-map="2"]')
        name = t.page.evaluate("explorer.net.nodes[4].of")
        kernel = np.abs(pages["demo"].model.get_layer(name).params["kernel"])
        t.page.locator('[data-node="4"][data-map="2"]').hover()
        widths = t.page.locator(".lines path").evaluate_all(
            "all => all.map((p) => Number(p.getAttribute('stroke-width')))"
        )
        sources = t.page.locator('[data-node="3"]').evaluate_all("all => all.map((tile) => Number(tile.dataset.map))")
        want = [0.75 + 2.5 * (0.1 + 0.9 * kernel[:, :, c, 2].max() / kernel.max()) for c in sources]
        np.testing.assert_allclose(widths, want, rtol=1e-5)


def test_the_chosen_cell_stays_and_is_moved_only_into_a_smaller_map(tab):
    with tab("demo") as t:
        t.view("convolution")
        t.page.evaluate("explorer.view.choose(50, 3)")
        t.choose("layer", "conv2d_2")
        height, width, _ = t.page.evaluate("explorer.view.node.shape")
        assert height < 50 and t.page.evaluate("explorer.view.cell") == [height - 1, 3]
        t.page.evaluate(f"explorer.view.choose(4, {width - 1})")
        t.choose("layer", "conv2d_3")
        assert t.page.evaluate("[explorer.view.cell[0], explorer.view.cell[1] < explorer.view.node.shape[1]]") == [
            4,
            True,
        ]


def dilated(channels, **settings):
    """Return one convolution of a window that is not square, further apart downward than across."""
    model = Sequential([Input((12, 9, 1)), Conv2D(channels, 1), Conv2D(2, (2, 3), **settings), Flatten()], seed=0)
    return randomise(model)


def test_a_dilated_windows_mark_spans_all_of_its_taps(browser, tmp_path):
    model = dilated(2, dilation_rate=(4, 2))
    with Tab(browser, Made(tmp_path, "dilated", model, [noise(12, 9, 1)], labels=[1])) as t:
        t.view("convolution")
        t.choose("layer", "conv2d_1")
        t.page.evaluate("explorer.view.choose(1, 2)")
        mark = t.page.locator(".card .mark.window").first.evaluate(PLACE)
        np.testing.assert_allclose(mark, [100 / 12, 200 / 9, 500 / 12, 500 / 9], rtol=1e-4)


@pytest.mark.parametrize("channels, pages", [(12, 0), (13, 1)])
def test_channels_are_paged_from_the_thirteenth_on(browser, tmp_path, channels, pages):
    with Tab(browser, Made(tmp_path, "paged", dilated(channels), [noise(12, 9, 1)], labels=[1])) as t:
        t.view("convolution")
        t.choose("layer", "conv2d_1")
        assert t.page.locator(".pager").count() == pages and t.page.locator(".card").count() == 12
        if pages:
            assert "channels 1\u201312 of 13" in t.page.inner_text(".pager")
            t.page.get_by_label("next channels").click()
            assert t.page.locator(".card").count() == 1 and "channels 13\u201313 of 13" in t.page.inner_text(".pager")
            assert t.page.get_by_label("next channels").is_disabled()


def test_every_pixel_can_be_chosen_by_its_numbers(tab):
    with tab("demo") as t:
        t.view("layers")
        t.choose("layer", "input_layer: Input")
        for row, column in ((0, 63), (63, 0)):
            t.write("row", row)
            t.write("column", column)
            assert t.page.evaluate("explorer.view.cell") == [row, column]
            assert f"Pixel [{row}, {column}]" in t.page.inner_text("main")
            pixel = t.page.evaluate(
                f"Array.from(explorer.pixels.slice({(row * 64 + column) * 3}, {(row * 64 + column) * 3 + 3}))"
            )
            got = [float(t.page.get_by_label(name, exact=True).input_value()) for name in ("red", "green", "blue")]
            assert got == pixel


def test_the_tabs_are_one_stop_of_the_keyboard(tab):
    with tab("demo") as t:
        tabs = t.page.locator("#tabs > *")
        views = ("overview", "convolution", "layers", "backward", "against", "training", "padding")
        assert tabs.count() == len(views)
        for chosen, view in enumerate(views):
            t.view(view)
            stops = tabs.evaluate_all("all => all.map((tab) => tab.tabIndex)")
            assert stops == [0 if k == chosen else -1 for k in range(len(views))]


def test_the_zero_of_the_training_chart_stands_at_its_axis(tab):
    with tab("demo") as t:
        t.view("training")
        chart = t.page.locator("svg.curve", has=t.page.locator("line.axis")).first
        axis = chart.locator("line.axis").evaluate("line => line.getBoundingClientRect().top")
        zero = chart.locator("text", has_text=re.compile("^0$")).bounding_box()
        assert zero["y"] + zero["height"] / 2 == pytest.approx(axis, abs=2)
