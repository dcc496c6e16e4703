"""The two drawings, read back from their figures: every point, line and word where the figures say."""

import numpy as np
import pytest

from benchmarks import plots

HEAD = {"peak_gflops": 100.0, "copy_gbs": 20.0, "processor": "P", "threads": 2}


@pytest.fixture
def drawn(monkeypatch):
    """Return draw(function, *arguments): the axes of the figure that it would write."""
    figures = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: figures.append((figure, path)))

    def draw(function, *arguments):
        function(*arguments, "a path")
        figure, path = figures.pop()
        assert path == "a path"
        (axes,) = figure.axes
        return axes

    return draw


def _row(suite, flop, count, **ms):
    return {
        "suite": suite,
        "flop": flop,
        "bytes": count,
        "engines": {name: {"ms": value} for name, value in ms.items()},
    }


ROWS = [
    _row("E10", 2e9, 1e8, minicnn=40.0, **{"keras graph": 80.0, "keras eager": 50.0}),
    _row("E2", 4e9, 1e7, minicnn=50.0),
    _row("E2", 1e6, 1e6, minicnn=1.0),  # all call and no work: left out
    _row("E2", 4e9, 1e7, onnxruntime=1.0),  # and what minicnn was not timed on
    {"suite": "E2", "pass": "refused"},
]


def test_roofline(drawn):
    axes = drawn(plots.roofline, ROWS, HEAD)
    points = {c.get_label(): (c.get_offsets().tolist(), len(c.get_facecolor()) > 0) for c in axes.collections}
    assert points == {  # operations a byte, 10^9 operations a second; Keras's are hollow
        "E2 minicnn": ([[400.0, 80.0]], True),
        "E10 minicnn": ([[20.0, 50.0]], True),
        "E10 Keras, its best": ([[20.0, 40.0]], False),
    }
    (roof,) = axes.lines
    x, y = roof.get_data()
    assert (x[0], x[-1], len(x)) == (pytest.approx(0.8 * 1.5), pytest.approx(1.2 * 400), 200)  # the ridge lies at 5
    np.testing.assert_allclose(y, np.minimum(100, 20 * x))
    words = {text.get_text(): text.xy for text in axes.texts}
    assert words["multiply-adds 100 GFLOP/s"] == (x[-1], 100) and words["copy 20 GB/s"] == (x[0], 20 * x[0])
    assert axes.get_title() == "P, 2 threads" and (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_the_roof_is_seen_on_both_sides_of_its_ridge(drawn):
    x = drawn(plots.roofline, [_row("E2", 2e9, 4e8, minicnn=40.0)], HEAD).lines[0].get_xdata()  # right at the ridge
    assert (x[0], x[-1]) == (pytest.approx(0.8 * 0.3 * 5), pytest.approx(1.2 * 3 * 5))


def test_ratios(drawn):
    groups = [("E2 fwd", [2.0, 8.0]), ("E3 dX", [0.25, 1.0])]
    axes = drawn(plots.ratios, groups)
    bars = [(bar.get_width(), bar.get_y() + bar.get_height() / 2, bar.get_facecolor()) for bar in axes.patches]
    assert [(width, pytest.approx(y)) for width, y, _ in bars] == [(2, 0), (-1, 1)]  # 4x and 1/2x
    assert bars[0][2] != bars[1][2]
    lines = [tuple(map(tuple, line.get_data())) for line in axes.lines]
    assert ((1, 3), (0, 0)) in lines and ((-2, 0), (1, 1)) in lines
    assert [text.get_text() for text in axes.texts] == ["4.00x, worst 2.00x", "0.50x, worst 0.25x"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["E2 fwd", "E3 dX"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1/4x", "1/2x", "1x", "2x", "4x", "8x"]
    assert axes.yaxis_inverted()


def test_ratios_of_a_wide_range_have_few_ticks(drawn):
    axes = drawn(plots.ratios, [("E2 fwd", [2.0**-10, 2.0**15])])
    ticks = axes.get_xticks()
    assert len(ticks) <= 10 and set(np.diff(ticks)) == {3}


def test_no_groups(drawn):
    assert len(drawn(plots.ratios, []).patches) == 0
