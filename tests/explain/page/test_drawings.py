"""What the page draws lies where the numbers say: colours, windows, the padding laboratory's boards, curves."""

import re

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Dense, Flatten, Input, Sequential, reference
from minicnn.data import load_image
from minicnn.files import make_card
from tests.explain.page.conftest import Made, Tab, noise

# ---- colours and numbers ---------------------------------------------------------------------------------------------


def test_the_colour_scale(lab):
    """White at 0, darker with every step away from it, orange above and blue below, its ends never passed."""
    parts = lab.ask(
        "(values) => values.map((value) => lab.colours.colour(value, 2).match(/\\d+/g).map(Number))",
        [*np.linspace(-2, 2, 41).tolist(), -5, 5],
    )
    rgb = np.array(parts[:41])
    light = rgb @ [0.2126, 0.7152, 0.0722]
    assert rgb[20].tolist() == [255, 255, 255] and light.argmax() == 20
    assert (np.diff(light[:21]) > 0).all() and (np.diff(light[20:]) < 0).all()
    assert rgb[0].tolist() == parts[41] == [8, 48, 107] and rgb[40].tolist() == parts[42] == [102, 37, 6]
    assert (rgb[:20, 2] > rgb[:20, 0]).all() and (rgb[21:, 0] > rgb[21:, 2]).all()
    assert (
        lab.ask("() => [lab.colours.colour(0, 0), lab.colours.colour(3, 0)]") == ["rgb(255, 255, 255)"] * 2
    )  # a map of zeros alone
    assert lab.ask("() => [lab.colours.ink(0, 1), lab.colours.ink(1, 1), lab.colours.ink(-1, 1)]") == [
        "#000",
        "#fff",
        "#fff",
    ]


def test_every_number_of_a_map_is_painted(board):
    painted = board.ask("""() => { const canvas = document.createElement("canvas");
        lab.colours.paint(canvas, [0, 1, -1, NaN, 0.5, 2], 2, 3, 1, 5);
        return [canvas.height, canvas.width, Array.from(canvas.getContext("2d").getImageData(0, 0, 3, 2).data)]; }""")
    assert painted[:2] == [2, 3]
    pixels = np.reshape(painted[2], (6, 4)).tolist()
    assert pixels[:4] == [[255, 255, 255, 255], [102, 37, 6, 255], [8, 48, 107, 255], [128, 128, 128, 255]]
    assert pixels[5][3] == 0  # from `until` on nothing is painted


def test_the_legend_runs_over_the_whole_scale(board):
    width, data = board.ask("""() => { const canvas = document.createElement("canvas");
        lab.colours.paintLegend(canvas);
        return [canvas.width, Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, 1).data)]; }""")
    row = np.reshape(data, (width, 4))[:, :3].tolist()
    assert row[0] == [8, 48, 107] and row[-1] == [102, 37, 6] and row[width // 2] == [255, 255, 255]
    assert row.count([255, 255, 255]) < 5 and row.count(row[0]) < 5 and row.count(row[-1]) < 5


def test_long_names_may_break_and_nothing_else_changes(tab, pages):
    with tab("later") as t:
        heads = t.page.locator(".column h3").evaluate_all("all => all.map((head) => head.textContent)")
        names = t.page.evaluate("explorer.net.nodes.map((node) => node.name)")
    assert [re.sub("[\u200b\u00ad]", "", head) for head in heads] == names
    assert max(len(part) for head in heads for part in re.split("[\u200b\u00ad ]", head)) <= 10
    assert {"batch_\u200bnorma\u00adlization", "separ\u00adable_\u200bconv2d (depth\u00adwise)"} <= set(heads)


@pytest.mark.parametrize(
    "shape, pixels, want",
    [
        ((1, 2, 1), [0, 255], [[0, 0, 0], [255, 255, 255]]),
        ((1, 2, 3), [9, 8, 7, 1, 2, 3], [[9, 8, 7], [1, 2, 3]]),
        ((1, 2, 1), [0, 0.5], [[0, 0, 0], [128, 128, 128]]),
        ((1, 2, 1), [0, 51], [[0, 0, 0], [51, 51, 51]]),
        ((1, 3, 1), [-255, 0, 255], [[0] * 3, [128] * 3, [255] * 3]),
    ],
)
def test_a_picture_is_painted_as_it_is_or_stretched(board, shape, pixels, want):
    painted = board.ask(
        """([pixels, shape]) => { const canvas = document.createElement("canvas");
        lab.colours.paintPicture(canvas, pixels, shape);
        return Array.from(canvas.getContext("2d").getImageData(0, 0, shape[1], shape[0]).data); }""",
        [pixels, shape],
    )
    np.testing.assert_allclose(np.reshape(painted, (-1, 4))[:, :3], want, atol=1)
    assert set(painted[3::4]) == {255}


@pytest.mark.parametrize(
    "value, digits, text",
    [
        (0, 4, "0"),
        (-3, 4, "−3"),
        (1234567, 4, "1234567"),
        (0.123456, 4, "0.1235"),
        (-0.123456, 3, "−0.123"),
        (1e9, 4, "1.00e9"),
        (123456.7, 4, "1.23e5"),
        (0.0001234, 4, "1.23e−4"),
        (99999.5, 3, "100000"),
        (0.001, 4, "0.001"),
        (2.5e-7, 3, "2.5e−7"),
        (1e5 + 0.5, 2, "1.0e5"),
    ],
)
def test_how_numbers_are_written(lab, value, digits, text):
    assert lab.ask("([value, digits]) => lab.numbers.format(value, digits)", [value, digits]) == text


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming", "tf-bilinear"])
@pytest.mark.parametrize("size", [(40, 30), (9, 120)])
def test_a_picture_of_ones_own_is_resized_as_the_models_were(browser, tmp_path, mode, size):
    """Larger and smaller ones, in colour and in grey, whole and cut out; up to Pillow's fixed point in its passes."""
    file = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)).save(file)
    for channels, crop, invert in ((1, "none", True), (3, "centre", False)):
        model = Sequential([Input((16, 24, channels)), Conv2D(2, 3), Flatten(), Dense(2)], seed=0)
        told = {"resize": mode, "channels": channels, "crop": crop, "invert": invert}
        model.classifier = make_card(["a", "b"], (16, 24)) | told
        with Tab(browser, Made(tmp_path, f"{channels}", model, [noise(16, 24, channels)])) as t:
            t.page.set_input_files("#file", file)
            t.wait("explorer.payload.pictures.length === 2")
            got = np.reshape(t.page.evaluate("Array.from(explorer.pixels)"), (16, 24, channels))
            want = load_image(file, (16, 24), mode, crop=crop, channels=channels, invert=invert)
            assert np.abs(got - want.astype(int).reshape(got.shape)).max() <= (0 if mode == "nearest" else 1)


# ---- windows ---------------------------------------------------------------------------------------------------------

PLACE = """(mark) => ["top", "left", "height", "width"].map((side) => Number.parseFloat(mark.style[side]))"""


def test_the_window_is_marked_where_it_stands(tab, pages):
    """On the input of a strided `same` convolution and of an overlapping pool, in parts of the picture."""
    with tab("same") as t:
        t.view("convolution")
        t.page.evaluate("explorer.view.choose(3, 4)")  # 3 x 3, stride 2 on 30 x 41, pads 0+1 and 1+1
        mark = t.page.locator(".card .mark.window").first.evaluate(PLACE)
        np.testing.assert_allclose(mark, [100 * 6 / 30, 100 * 7 / 41, 100 * 3 / 30, 100 * 3 / 41], rtol=1e-4)
        for name, stop, last in (("row", 3, 14), ("column", 4, 20)):  # the stop's own fields, and how far they go
            field = t.page.get_by_label(name, exact=True)
            assert [field.get_attribute(side) for side in ("min", "max")] == ["0", str(last)]
            assert field.input_value() == str(stop)
        sums = t.page.locator(".sums tr .num").evaluate_all("all => all.map((cell) => Number(cell.dataset.value))")
        assert sum(sums[:-1]) == pytest.approx(sums[-1], rel=1e-5) and len(sums) == 5
        t.page.evaluate("explorer.open(explorer.net.nodes.find((node) => node.kind === 'MaxPooling2D').index, 0)")
        t.page.evaluate("explorer.view.choose(2, 3)")
        height, width, _ = t.page.evaluate(
            "explorer.view.inputs[0].height, explorer.net.nodes[explorer.view.index].from[0]"
        )
        pads = reference.window_pads("same", (height, width), (3, 3), (2, 2), (1, 1))
        mark = t.page.locator(".pair .mark.window").evaluate(PLACE)
        np.testing.assert_allclose(
            mark,
            [100 * (4 - pads[0][0]) / height, 100 * (6 - pads[1][0]) / width, 300 / height, 300 / width],
            rtol=1e-4,
        )


def test_the_window_moves_with_the_clock(tab):
    """Eight stops a second, from one frame's time to the next; the clock is the test's."""
    with tab("demo") as t:
        t.view("convolution")
        t.page.evaluate("""() => { window.frames = []; window.requestAnimationFrame = (f) => frames.push(f);
            explorer.view.choose(0, 0); explorer.view.play(); }""")
        at = []
        for now in (0, 500, 1000, 1000, 2125):
            t.page.evaluate(f"() => frames.pop()({now})")
            at.append(t.page.evaluate("explorer.view.position()"))
        assert at == [0, 4, 8, 8, 17]
        count = t.page.evaluate("explorer.view.node.shape[0] * explorer.view.node.shape[1]")
        t.page.evaluate("() => frames.pop()(1e7)")
        assert t.page.evaluate("[explorer.view.position(), explorer.view.playing]") == [count - 1, False]


def test_which_map_of_which_input_a_concatenation_shows(tab):
    with tab("branches") as t:
        index = t.page.evaluate("explorer.net.nodes.find((node) => node.kind === 'Concatenate').index")
        t.page.evaluate(f"explorer.open({index}, 0)")
        count = t.page.evaluate(f"explorer.net.nodes[{index}].shape[2]")
        for c in range(count):
            t.page.evaluate(f"explorer.view.map = {c}, explorer.view.update()")
            shown = t.page.evaluate("explorer.view.inputs.map((view) => Array.from(view.data))")
            assert shown == [t.page.evaluate(f"Array.from(explorer.map({index}, {c}))")]


WORKINGS = """() => explorer.net.nodes.filter((node) => node.shape.length === 3).flatMap((node) => {
  explorer.open(node.index, node.shape[2] - 1);
  if (explorer.view.index !== node.index) return [];
  const line = [...document.querySelectorAll(".formula-view .grow p")].map((p) => p.textContent);
  const working = line.find((text) => /: .*=/.test(text) && text.startsWith("cell")), { cell, map } = explorer.view;
  return working ? [[node.name, working, explorer.map(node.index, map)[cell[0] * node.shape[1] + cell[1]]]] : []; })"""


@pytest.mark.parametrize("name, lines", [("same", 2), ("branches", 2), ("later", 2), ("prepared", 1)])
def test_every_working_that_is_written_comes_out(tab, name, lines):
    with tab(name) as t:
        found = t.page.evaluate(WORKINGS)
    assert len(found) >= lines
    for of, working, output in found:
        left, _, right = working.partition(": ")[2].replace("−", "-").replace("·", "*").partition("=")
        size = sum(abs(eval(part)) for part in left.split(" + "))  # noqa: S307
        assert eval(left) == pytest.approx(output, abs=2e-3 * size), of  # noqa: S307
        assert float(right) == pytest.approx(output, rel=1e-4), of


# ---- the padding laboratory ------------------------------------------------------------------------------------------

LABORATORIES = [
    {"size": [7, 6], "window": [3, 2], "strides": [2, 3], "dilation": [1, 2], "mode": "same"},
    {"size": [9, 8], "window": [2, 3], "strides": [3, 2], "dilation": [2, 1], "mode": "valid"},
    {
        "size": [5, 6],
        "window": [2, 2],
        "strides": [3, 2],
        "dilation": [1, 1],
        "mode": "explicit",
        "pads": [[2, 1], [0, 3]],
    },
    {"size": [6, 7], "window": [3, 3], "strides": [1, 2], "dilation": [1, 1], "mode": "symmetric", "symmetric": [1, 2]},
]


@pytest.mark.parametrize("setting", LABORATORIES)
def test_the_laboratorys_boards(tab, setting):
    sizes, windows, strides, dilations = (setting[key] for key in ("size", "window", "strides", "dilation"))
    pads = {
        "same": lambda k: reference.same_pads(sizes[k], windows[k], strides[k], dilations[k]),
        "valid": lambda k: (0, 0),
        "explicit": lambda k: setting["pads"][k],
        "symmetric": lambda k: [setting["symmetric"][k]] * 2,
    }[setting["mode"]]
    total = [sizes[k] + sum(pads(k)) for k in (0, 1)]
    counts = [reference.output_size(sizes[k], windows[k], strides[k], sum(pads(k)), dilations[k]) for k in (0, 1)]
    at = [counts[0] - 1, min(1, counts[1] - 1)]
    lines = [[at[k] * strides[k] + tap * dilations[k] for tap in range(windows[k])] for k in (0, 1)]
    read = [
        {stop * strides[k] + tap * dilations[k] for stop in range(counts[k]) for tap in range(windows[k])}
        for k in (0, 1)
    ]
    padding = [[line < pads(k)[0] or line >= pads(k)[0] + sizes[k] for line in lines[k]] for k in (0, 1)]
    with tab("grey") as t:
        t.view("padding")
        t.page.evaluate(
            "(setting) => { Object.assign(explorer.lab, setting); explorer.view.update(); }", {**setting, "at": at}
        )
        board = t.page.locator("svg.lab-grid").first
        boxes = {
            name: [
                float(board.locator(f"rect.{name}").get_attribute(side) or 0) for side in ("y", "x", "height", "width")
            ]
            for name in ("lab-pad", "lab-pixel", "lab-window")
        }
        cell = boxes["lab-pad"][3] / total[1]
        assert boxes["lab-pad"] == [0, 0, total[0] * cell, total[1] * cell]
        assert boxes["lab-pixel"] == [pads(0)[0] * cell, pads(1)[0] * cell, sizes[0] * cell, sizes[1] * cell]
        spans = [reference.effective_size(windows[k], dilations[k]) for k in (0, 1)]
        assert boxes["lab-window"] == [at[k] * strides[k] * cell for k in (0, 1)] + [span * cell for span in spans]
        assert cells(board, "lab-tap", cell) == [(row, column) for row in lines[0] for column in lines[1]]
        assert cells(board, "lab-cross", cell) == [
            (row, column) for row, column in np.ndindex(*total) if row not in read[0] or column not in read[1]
        ]
        taps = [a or b for a in padding[0] for b in padding[1]]
        assert f"; {sum(taps)} of {len(taps)} taps fall on padding." in t.page.inner_text("main")
        assert f"input {sizes[0]} × {sizes[1]} and its padding: {total[0]} × {total[1]}" in t.page.inner_text("main")
        for axis, k in (("height", 0), ("width", 1)):
            assert t.number(f"{axis}-span") == spans[k] and t.number(f"{axis}-output") == counts[k]
            rest = (total[k] - spans[k]) % strides[k]
            text = t.page.locator(".axis-working").nth(k).inner_text()
            lost = rest - min(rest, pads(k)[1])
            assert (f"The floor drops {rest} at the end" in text) == (rest > 0)
            assert (f"{lost} of the input and {rest - lost} of the padding" in text) == (0 < rest and lost < rest)
        chosen = t.page.locator("svg.lab-output")
        assert cells(
            chosen,
            "lab-chosen",
            chosen.evaluate("svg => svg.querySelector('.lab-pixel').width.baseVal.value") / counts[1],
        ) == [tuple(at)]
        t.page.get_by_role("button", name="Next stop").click()
        step = (at[0] * counts[1] + at[1] + 1) % (counts[0] * counts[1])
        assert t.page.evaluate("explorer.lab.at") == list(divmod(step, counts[1]))


def cells(board, name, cell):
    """List (row, column) of the squares and crosses of a path."""
    starts = re.findall(r"M([-\d.]+),([-\d.]+)", board.locator(f"path.{name}").get_attribute("d"))
    return [(int(float(y) // cell), int(float(x) // cell)) for x, y in starts]


# ---- curves ----------------------------------------------------------------------------------------------------------


def test_the_curve_of_one_step(tab):
    """Thirteen rates, a power of ten two points; heights go with the losses, the dot lies at the chosen rate's."""
    with tab("demo") as t:
        t.page.evaluate("explorer.useLabel(3)")
        t.view("backward")
        assert "rate 0.01: loss" in t.page.inner_text(".step")
        t.wait("explorer.view.step.points.length === 13")
        t.page.wait_for_timeout(100)
        points = t.page.evaluate("explorer.view.step.points")
        np.testing.assert_allclose([rate for rate, _ in points], np.arange(13) / 2 - 5)
        path = re.findall(r"[ML]([\d.]+),(-?[\d.]+)", t.page.locator(".step path.line").get_attribute("d"))
        x, y = np.array(path, float).T
        np.testing.assert_allclose(np.diff(x), (x[-1] - x[0]) / 12)
        box = t.page.locator(".step svg.curve").evaluate("svg => svg.viewBox.baseVal.width")
        assert 0 < x[0] < x[-1] < box
        height = t.page.locator(".step svg.curve").evaluate("svg => svg.viewBox.baseVal.height")
        assert y.max() < height
        before, after = t.number("loss-before"), t.number("loss-after")
        dashed = float(t.page.locator(".step .drop").get_attribute("y1"))
        losses = np.minimum([np.inf if loss is None else loss for _, loss in points], before * 1.6 * 9)
        slope, bottom = np.polyfit(losses, y, 1)
        np.testing.assert_allclose(y, bottom + slope * losses, atol=0.01)
        assert slope < 0 and bottom + slope * before == pytest.approx(dashed, abs=0.01)
        cut = float(t.page.locator(".step svg svg").get_attribute("y"))
        assert (
            bottom + slope * before * 1.6 == pytest.approx(cut, abs=0.01) and 0 < cut < height
        )  # there the chart ends
        dot = t.page.locator(".step circle.point")
        assert float(dot.get_attribute("cy")) == pytest.approx(bottom + slope * after, abs=0.01)
        assert float(dot.get_attribute("cx")) == pytest.approx(x[6], abs=0.01)  # 10^-2


@pytest.mark.parametrize("x", [-1.5, 0.0, 3.0, 7.0])
def test_the_curve_of_a_function(tab, x):
    with tab("homework") as t:
        node = t.page.evaluate("explorer.net.last")
        t.page.evaluate(
            f"(explorer.net.values[explorer.net.nodes[{node}].inputs[0]] = Float32Array.of({x}), "
            f"explorer.net.values[{node}] = Float32Array.of(1 / (1 + Math.exp(-({x})))))"
        )
        t.page.evaluate(f"explorer.open({node}, 0)")
        curve = t.page.locator(".formula-view svg.curve")
        path = np.array(re.findall(r"[ML]([\d.]+),([\d.]+)", curve.locator("path.line").get_attribute("d")), float)
        reach = max(4, np.ceil(abs(x) * 1.2))
        inputs = np.linspace(-reach, reach, len(path))
        assert np.ptp(np.diff(path[:, 0])) < 0.21 and len(path) == 121
        slope, bottom = np.polyfit(1 / (1 + np.exp(-inputs)), path[:, 1], 1)
        np.testing.assert_allclose(path[:, 1], bottom + slope / (1 + np.exp(-inputs)), atol=0.06)
        assert slope < 0
        dot = [float(curve.locator("circle").get_attribute(side)) for side in ("cx", "cy")]
        assert dot[0] == pytest.approx(np.interp(x, inputs, path[:, 0]), abs=0.2)
        assert dot[1] == pytest.approx(bottom + slope / (1 + np.exp(-x)), abs=0.06)
        assert t.number("output") == pytest.approx(1 / (1 + np.exp(-x)), rel=1e-6)
