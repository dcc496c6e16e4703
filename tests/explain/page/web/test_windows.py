"""windows.js: pads, sizes and what a window covers, against reference/padding.py and against images sliced by NumPy."""

import itertools

import numpy as np
import pytest

from minicnn import reference

SIZES = list(itertools.product((1, 2, 5, 6, 7, 9), (1, 2, 3, 4), (1, 2, 3), (1, 2, 3)))  # size, taps, stride, dilation


def test_padding_same_of_every_size_even_and_odd(lab):
    got = lab.ask("(all) => all.map((four) => lab.windows.samePads(...four))", SIZES)
    assert got == [list(reference.same_pads(*four)) for four in SIZES]
    assert lab.ask("lab.windows.samePads(5, 2, 1)") == [0, 1]  # the odd pixel goes after


def test_spans_and_output_sizes(lab):
    spans = lab.ask("(all) => all.map(([size, k, s, d]) => lab.windows.span(k, d))", SIZES)
    assert spans == [reference.effective_size(k, d) for _, k, _, d in SIZES]
    for pads in ([0, 0], [1, 0], [3, 5]):
        got = lab.ask(
            "([all, pads]) => all.map(([size, k, s, d]) => lab.windows.outputSize(size, k, s, pads, d))", [SIZES, pads]
        )
        assert got == [(size + sum(pads) - (k - 1) * d - 1) // s + 1 for size, k, s, d in SIZES]


WINDOWS = [  # (H, W), taps, strides, pads, dilation
    ((5, 5), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    ((6, 5), (2, 3), (2, 1), ((1, 0), (0, 2)), (1, 1)),
    ((7, 8), (3, 2), (1, 1), ((2, 2), (1, 0)), (2, 3)),
    ((8, 7), (2, 2), (3, 4), ((0, 0), (0, 0)), (1, 1)),  # gaps between the windows, and a rest at the end
]


def covered(shape, size, strides, pads, dilation):
    """Yield ((i, j), the pixel numbers under its taps, -1 in the padding): slices of a padded image of numbers."""
    numbers = np.pad(np.arange(shape[0] * shape[1]).reshape(shape), pads, constant_values=-1)
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    rows, columns = ((n - span) // s + 1 for n, span, s in zip(numbers.shape, spans, strides, strict=True))
    for i, j in np.ndindex(rows, columns):
        top, left = i * strides[0], j * strides[1]
        yield (i, j), numbers[top : top + spans[0] : dilation[0], left : left + spans[1] : dilation[1]]


@pytest.mark.parametrize("shape, size, strides, pads, dilation", WINDOWS)
def test_what_a_window_covers_and_which_windows_cover_a_pixel(lab, shape, size, strides, pads, dilation):
    settings = {"size": size, "strides": strides, "pads": pads, "dilation": dilation}
    readers, last = {}, None
    for (i, j), seen in covered(shape, size, strides, pads, dilation):
        taps = lab.ask("([settings, shape, i, j]) => lab.windows.taps(settings, shape, i, j)", [settings, shape, i, j])
        assert [(tap["a"], tap["b"]) for tap in taps] == list(np.ndindex(*size))  # row by row
        assert [tap["h"] * shape[1] + tap["w"] if tap["inside"] else -1 for tap in taps] == seen.ravel().tolist()
        for (a, b), pixel in np.ndenumerate(seen):
            readers.setdefault(int(pixel), set()).add((i, j, a, b))
        last = i, j
    outputs = [last[0] + 1, last[1] + 1]
    for pixel, (h, w) in enumerate(np.ndindex(*shape)):
        got = lab.ask("(four) => lab.windows.readers(...four)", [settings, outputs, h, w])
        assert {(each["i"], each["j"], each["a"], each["b"]) for each in got} == readers.get(pixel, set())
        assert len(got) == len(readers.get(pixel, set()))
    read = {(pixel // shape[1], pixel % shape[1]) for pixel in readers if pixel >= 0}
    for axis in (0, 1):
        got = lab.ask("(four) => lab.windows.unread(...four)", [settings, shape, outputs, axis])
        assert got == [at for at in range(shape[axis]) if at not in {pixel[axis] for pixel in read}]


@pytest.mark.parametrize(
    "values, want",
    [
        ([1, 5, 2, 3], [(0, 1)]),
        ([4, 1, 4, 4], [(0, 0), (1, 0), (1, 1)]),  # on a tie the first one in row order leads
        ([-3, -1, -2, -1], [(0, 1), (1, 1)]),
        ([1, np.nan, 9, np.nan], [(0, 1)]),  # NaN wins, as in the engine
        ([0, 0, 0, 0], [(0, 0), (0, 1), (1, 0), (1, 1)]),
    ],
)
def test_the_winners_of_a_window(lab, values, want):
    settings = {"size": [2, 2], "strides": [1, 1], "pads": [[0, 0], [0, 0]], "dilation": [1, 1]}
    ask = "([s, v]) => lab.windows.winners(s, [2, 2], 0, 0, (h, w) => v[2 * h + w]).map(({ h, w }) => [h, w])"
    assert [tuple(cell) for cell in lab.ask(ask, [settings, values])] == want


def test_padding_never_wins(lab):
    settings = {"size": [2, 2], "strides": [1, 1], "pads": [[1, 0], [1, 0]], "dilation": [1, 1]}
    ask = "(s) => lab.windows.winners(s, [2, 2], 0, 0, (h, w) => -7).map(({ h, w }) => [h, w])"
    assert lab.ask(ask, settings) == [[0, 0]]
