"""A workspace: memory is handed out again, never while somebody holds it, and always on a cache line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels
from minicnn.kernels.machine import memory

steps = st.lists(st.tuples(st.integers(memory.SMALL, 8 * memory.SMALL), st.integers(0, 5)), min_size=1, max_size=40)


@given(steps)
def test_what_somebody_holds_is_not_handed_out(steps):
    """Each array is filled with its own number, some are let go: those that are held keep theirs."""
    held, space = {}, kernels.Workspace()
    with kernels.workspace(space):
        for number, (nbytes, place) in enumerate(steps):
            array = memory.empty((nbytes,), "uint8")
            array[:] = number
            assert array.ctypes.data % memory.ALIGNED == 0
            held[place] = (number, array[::2] if number % 2 else array)  # a view holds the memory as well
            del array
            for own, kept in held.values():
                assert (kept == own).all()
    assert len(space.buffers) <= len(steps)
    assert [len(buffer) for buffer in space.buffers] == sorted(len(buffer) for buffer in space.buffers)


@pytest.mark.parametrize(("shape", "buffers"), [((100_000,), 1), ((60_000,), 1), ((40_000,), 2), ((300_000,), 2)])
def test_the_smallest_that_fits_and_is_at_most_twice_as_large(shape, buffers):
    space = kernels.Workspace()
    with kernels.workspace(space):
        first = memory.empty((100_000,), "float32").ctypes.data
        second = memory.empty(shape, "float32").ctypes.data
    assert (len(space.buffers), first == second) == (buffers, buffers == 1)


def test_of_several_that_are_free_the_smallest():
    space = kernels.Workspace()
    with kernels.workspace(space):
        arrays = [memory.empty((size,), "float32") for size in (120_000, 100_000, 140_000)]
        places = [array.ctypes.data for array in arrays]
        assert memory.empty((90_000,), "float32").ctypes.data not in places  # all three are held
        arrays.clear()
        assert memory.empty((95_000,), "float32").ctypes.data == places[1]
        assert memory.empty((110_000,), "float32").ctypes.data == places[0]
    assert len(space.buffers) == 4
