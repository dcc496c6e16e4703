"""The tile: each operation, at the edges of its registers, does what its docstring says in NumPy."""

import numpy as np
import pytest

from minicnn.kernels.machine import ceil_div, jit, tile
from minicnn.kernels.machine.tile import arithmetic, moves, winners

T, V = 3, 2
STEP = 80  # numbers from row to row: more than V registers of any width hold


@jit
def _moved(shape, x, out, step, width):
    tile.store(tile.load(shape, x, 1, step, width), out, 2, step, width)


@jit
def _moved_whole(shape, x, out, step):
    tile.store(tile.load(shape, x, 1, step), out, 2, step)


@jit
def _moved_any(shape, x, out, step, width):
    tile.store(tile.load_any(shape, x, 1, step, width), out, 2, step, width)


@jit
def _begun(shape, x, out, step, width):
    tile.store(tile.zeros(shape, x), out, 0, step, width)
    tile.store(tile.repeat(shape, x, 5), out, 3 * step, step, width)


@jit
def _streamed(shape, x, out, step, width):
    tile.prefetch(x, 3)
    tile.stream(tile.load(shape, x, 0, step, width), out, 0, step)
    tile.fence()


@jit
def _transposed(x, out, step):
    tile.transpose(x, 1, step, out, 2, step)


@jit
def _multiplied(shape, x, w, out, step, width):
    begin = tile.load(shape, out, 0, step, width)
    tile.store(tile.fma(begin, x, 4, step, w, 7), out, 0, step, width)
    tile.store(tile.fma_lanes(begin, x, 4, step, w, 7), out, 3 * step, step, width)


@jit
def _combined(shape, x, w, out, step, width):
    a, b = tile.load(shape, x, 0, step, width), tile.load(shape, w, 0, step, width)
    tile.store(tile.add(a, b), out, 0, step, width)
    tile.store(tile.multiply(a, b), out, 3 * step, step, width)
    tile.store(tile.maximum(a, b), out, 6 * step, step, width)
    tile.store(tile.where_positive(a, b), out, 9 * step, step, width)
    tile.store(tile.relu(a, x.dtype.type(1)), out, 12 * step, step, width)


@jit
def _summed(shape, x, out, step):
    tile.store(tile.sum_rows(tile.load(shape, x, 1, step)), out, 2, step)


@jit
def _named(shape, x, w, winners, out, step, width):
    a, b = tile.load(shape, x, 0, step, width), tile.load(shape, w, 0, step, width)
    tile.store(tile.winner(tile.zeros(shape, x), a, b, 200), winners, 0, step, width)
    tile.store(tile.keep(a, winners, 0, step, width, 200), out, 0, step, width)


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture(params=["one", "a register", "one more", "one less", "all"])
def width(request, dtype):
    lanes, whole = tile.lanes(dtype), V * tile.lanes(dtype)
    return {"one": 1, "a register": lanes, "one more": lanes + 1, "one less": whole - 1, "all": whole}[request.param]


def numbers(dtype, seed, rows=20):
    """Small whole numbers and halves, of which every product and sum is exact."""
    return np.random.default_rng(seed).integers(-8, 9, rows * STEP).astype(dtype) / 2


def cells(flat, first, width, row=0):
    """Return what lies in memory where a tile would be read from: (T, width)."""
    return np.stack([flat[first + (row + t) * STEP :][:width] for t in range(T)])


SHAPE = tile.shape(T, V)


def test_memory_to_memory(dtype, width):
    x, out = numbers(dtype, 0), np.full(20 * STEP, 9, dtype)
    _moved(SHAPE, x, out, STEP, width)
    np.testing.assert_array_equal(cells(out, 2, width), cells(x, 1, width))
    assert (out == 9).sum() >= out.size - T * width, "lanes that do not count are not written"
    for last in x, x[: 1 + 2 * STEP + width]:  # room for whole rows, and none after the last lane
        out[:] = 9
        _moved_any(SHAPE, last, out, STEP, width)
        np.testing.assert_array_equal(cells(out, 2, width), cells(x, 1, width))
        assert (out == 9).sum() >= out.size - T * width
    if width == V * tile.lanes(dtype):
        out[:] = 9
        _moved_whole(SHAPE, x, out, STEP)
        np.testing.assert_array_equal(cells(out, 2, width), cells(x, 1, width))
        assert (out == 9).sum() >= out.size - T * width
    _begun(SHAPE, x, out, STEP, width)
    np.testing.assert_array_equal(cells(out, 0, width), np.zeros((T, width)))
    np.testing.assert_array_equal(cells(out, 0, width, 3), np.tile(x[5 : 5 + width], (T, 1)))


def test_lanes_that_do_not_count_are_zeros(dtype):
    x, out = numbers(dtype, 0), np.full(20 * STEP, 9, dtype)
    load_some_store_all(SHAPE, x, out, STEP, 2, V * tile.lanes(dtype))
    want = cells(x, 0, V * tile.lanes(dtype))
    want[:, 2:] = 0
    np.testing.assert_array_equal(cells(out, 0, V * tile.lanes(dtype)), want)


@jit
def load_some_store_all(shape, x, out, step, some, width):
    tile.store(tile.load(shape, x, 0, step, some), out, 0, step, width)


def test_past_the_caches(dtype):
    width, buffer = V * tile.lanes(dtype), np.zeros(21 * STEP, dtype)
    first = -buffer.ctypes.data % 64 // dtype.itemsize
    x, out = numbers(dtype, 0), buffer[first : first + 20 * STEP]
    _streamed(SHAPE, x, out, STEP, width)
    np.testing.assert_array_equal(cells(out, 0, width), cells(x, 0, width))


def test_squares(dtype):
    x, out, size = numbers(dtype, 0), np.zeros(20 * STEP, dtype), tile.lanes(dtype)
    _transposed(x, out, STEP)
    square = np.stack([x[1 + i * STEP :][:size] for i in range(size)])
    np.testing.assert_array_equal(np.stack([out[2 + i * STEP :][:size] for i in range(size)]), square.T)


def test_products(dtype, width):
    x, w, out = numbers(dtype, 0), numbers(dtype, 1), numbers(dtype, 2)
    before = cells(out, 0, width)
    _multiplied(SHAPE, x, w, out, STEP, width)
    outer = cells(x, 4, 1) * w[7 : 7 + width]
    np.testing.assert_array_equal(cells(out, 0, width), before + outer)
    np.testing.assert_array_equal(cells(out, 0, width, 3), before + cells(x, 4, width) * w[7 : 7 + width])


def test_elementwise(dtype, width):
    x, w, out = numbers(dtype, 0), numbers(dtype, 1), np.zeros(20 * STEP, dtype)
    x[STEP], w[2 * STEP] = np.nan, np.nan  # one in each
    a, b = cells(x, 0, width), cells(w, 0, width)
    _combined(SHAPE, x, w, out, STEP, width)
    wanted = (a + b, a * b, np.maximum(a, b), np.where(b > 0, a, 0), np.clip(a, 0, 1))
    for row, want in zip(range(0, 15, 3), wanted, strict=True):
        np.testing.assert_array_equal(cells(out, 0, width, row), want)


def test_rows_add_up(dtype):
    x, out, width = numbers(dtype, 0), np.zeros(20 * STEP, dtype), V * tile.lanes(dtype)
    _summed(SHAPE, x, out, STEP)
    np.testing.assert_array_equal(out[2 : 2 + width], cells(x, 1, width).sum(axis=0))
    assert not out[2 + width :].any()


def test_winners(dtype, width):
    """A later pixel wins where it is larger, not where it is equal; a NaN wins, and stays the winner."""
    x, w = numbers(dtype, 0), numbers(dtype, 1)
    x[STEP], w[STEP], w[2 * STEP] = np.nan, np.nan, np.nan
    winners_, out = np.full(20 * STEP, 7, np.uint8), np.zeros(20 * STEP, dtype)
    _named(SHAPE, x, w, winners_, out, STEP, width)
    a, b = cells(x, 0, width), cells(w, 0, width)
    later = (b > a) | (np.isnan(b) & ~np.isnan(a))
    np.testing.assert_array_equal(cells(winners_, 0, width), np.where(later, 200, 0))
    np.testing.assert_array_equal(cells(out, 0, width), np.where(later, a, 0))
    assert (winners_ == 7).sum() >= winners_.size - T * width


def test_every_operation_is_offered():
    """What the three files define is what `tile` names: whoever adds one adds it there too."""
    for module in (moves, arithmetic, winners):
        own = {name for name, value in vars(module).items() if type(value).__name__ == "_Intrinsic"}
        own = {name for name in own if vars(module)[name]._defn.__module__ == module.__name__}
        assert own and own <= set(tile.__all__)


@pytest.mark.parametrize("v", tile.ROWS)
def test_a_tile_fits_the_registers(v):
    """T * V sums, V numbers of w, one broadcast x; at 20 x 1 and less there is room for more."""
    assert all(t * v + v + 1 <= tile.REGISTERS for t in tile.ROWS[v])
    assert tile.ROWS[v][-1] == 1
    for width in range(1, 100):
        t = tile.rows(width, v)
        assert t <= width and ceil_div(width, t) * t >= width


@jit
def _pieces(a, b):
    return ceil_div(a, b)


@pytest.mark.parametrize(
    ("a", "b", "pieces"), [(0, 3, 0), (1, 3, 1), (3, 3, 1), (4, 3, 2), (10**12 + 1, 10**6, 10**6 + 1)]
)
def test_ceil_div(a, b, pieces):
    assert ceil_div(a, b) == _pieces(a, b) == pieces
