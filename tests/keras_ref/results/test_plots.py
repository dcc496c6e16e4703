"""The drawings, read back from the figure before it is written: what is drawn, where, and in which colour."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba

from keras_ref.results import plots
from minicnn.metrics import interval

HISTORY = [
    {"epoch": 1, "accuracy": 0.5, "loss": 1.0, "val_accuracy": 0.4, "val_loss": 1.2},
    {"epoch": 2, "accuracy": 0.7, "loss": 0.8, "val_accuracy": 0.6, "val_loss": 1.1},
    {"epoch": 3, "accuracy": 0.9, "loss": 0.4, "val_accuracy": 0.5, "val_loss": 1.5},
]


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Return draw(function, *arguments): the figure that it wrote, laid out."""
    figures = []

    def draw(function, *arguments, **options):
        write = plots._write
        monkeypatch.setattr(plots, "_write", lambda figure, path: (figures.append(figure), write(figure, path)))
        function(*arguments, tmp_path / "drawing.png", **options)
        assert (tmp_path / "drawing.png").read_bytes().startswith(b"\x89PNG")
        monkeypatch.setattr(plots, "_write", write)
        return figures.pop()

    return draw


def words(figure):
    """Return the legend's lines."""
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def no_overlap(figure):
    """Check that the axes, each with its title and words, and the legend keep apart, inside of the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [axis.get_tightbbox(renderer) for axis in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    for i, box in enumerate(boxes):
        assert all(not box.overlaps(other) for other in boxes[:i])
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1


def test_curves(drawn):
    figure = drawn(lambda path: plots.curves(HISTORY, path, baseline=0.25))
    left, right = figure.axes
    for axis, name in ((left, "accuracy"), (right, "loss")):
        assert axis.get_title(loc="left") == name and axis.get_xlabel() == "epoch" and axis.get_xlim() == (0.5, 3.5)
        for line, column, colour in zip(axis.lines, (name, f"val_{name}"), (plots.GREY, plots.BLUE), strict=False):
            assert list(line.get_xdata()) == [1, 2, 3] and list(line.get_ydata()) == [row[column] for row in HISTORY]
            assert to_rgba(line.get_color()) == to_rgba(colour) and line.get_marker() == "o"
        assert all(tick == int(tick) for tick in axis.get_xticks())
        assert not axis.spines["top"].get_visible() and not axis.spines["right"].get_visible()
    (best,) = left.collections
    assert best.get_offsets().tolist() == [[2, 0.6]] and best.get_edgecolor()[0].tolist() == list(to_rgba(plots.BLUE))
    assert len(best.get_facecolor()) == 0
    assert list(left.lines[2].get_ydata()) == [0.25, 0.25] and left.get_ylim() == (0, 1)
    assert right.get_ylim() == (0, pytest.approx(1.08 * 1.5)) and len(right.lines) == 2
    best = "best: 0.600 in epoch 2"
    assert words(figure) == ["training", "validation", best, "always the largest class: 0.250"]
    no_overlap(figure)


def test_curves_of_one_epoch(drawn):
    figure = drawn(lambda path: plots.curves(HISTORY[:1], path))
    assert figure.axes[0].get_xlim() == (0.5, 1.5) and words(figure)[-1] == "best: 0.400 in epoch 1"
    assert len(figure.axes[0].lines) == 2


def test_confusion(drawn):
    figure = drawn(plots.confusion, [[6, 4, 0], [0, 0, 0], [1, 0, 9]], ["hat", "shirt", "t-shirt"], title="of 20")
    (axis,) = figure.axes
    (image,) = axis.images
    np.testing.assert_allclose(image.get_array(), [[0.6, 0.4, 0], [0, 0, 0], [0.1, 0, 0.9]])
    assert image.get_clim() == (0, 1) and image.get_cmap().name == "Blues"
    seen = {text.get_position(): (text.get_text(), text.get_color()) for text in axis.texts}
    assert seen == {  # (column, row)
        (0, 0): ("6", "white"),
        (1, 0): ("4", plots.INK),
        (0, 2): ("1", plots.INK),
        (2, 2): ("9", "white"),
    }
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_title(loc="left")) == ("taken for", "is", "of 20")
    for side in (axis.get_xticklabels(), axis.get_yticklabels()):
        assert [label.get_text() for label in side] == ["hat", "shirt", "t-shirt"]
    assert not any(spine.get_visible() for spine in axis.spines.values())
    no_overlap(figure)


def test_a_large_confusion_matrix_has_room(drawn):
    names = [f"a class with a long name {k}" for k in range(20)]
    no_overlap(drawn(plots.confusion, np.full((20, 20), 1234), names))


def test_sweep(drawn):
    rows = [
        {"value": 0.001, "best": 0.5, "sd": 0.02, "last": 0.45},
        {"value": 1.0, "best": None, "sd": None, "last": None},
        {"value": 0.1, "best": 0.8, "sd": 0.05, "last": 0.7},
    ]
    figure = drawn(plots.sweep, {"over": "lr", "pictures": 100, "seeds": 3, "rows": rows})
    (axis,) = figure.axes
    (bars,) = axis.containers
    points, caps, (spread,) = bars.lines
    blue = to_rgba(plots.BLUE)
    assert points.get_xdata().tolist() == [0, 1] and points.get_ydata().tolist() == [0.5, 0.8]
    assert to_rgba(points.get_color()) == blue and [to_rgba(cap.get_color()) for cap in caps] == [blue, blue]
    np.testing.assert_allclose([s[:, 1] for s in spread.get_segments()], [[0.48, 0.52], [0.75, 0.85]])
    (last,) = (c for c in axis.collections if c is not spread)
    assert last.get_offsets().tolist() == [[0, 0.45], [1, 0.7]]
    assert last.get_edgecolor()[0].tolist() == list(to_rgba(plots.GREY))
    (span,) = axis.patches
    low, high = interval(80, 100)
    assert (span.get_y(), span.get_y() + span.get_height()) == pytest.approx((low, high))
    assert span.get_facecolor() == (*blue[:3], 0.08) and span.get_linewidth() == 0
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0.001", "0.1"]
    assert axis.get_xlabel() == "lr" and axis.get_xlim() == pytest.approx((-0.6, 1.6))
    assert sorted(words(figure)) == [
        "95% interval of the best at 100 pictures",
        "best epoch, mean and spread of 3 seeds",
        "last epoch",
    ]
    no_overlap(figure)
