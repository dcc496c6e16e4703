"""The tape: what is played equals what runs anew, with other numbers in the same arrays; and when it says no."""

import gc
import multiprocessing
import sys
import threading
import weakref

import numpy as np
import pytest

from minicnn import kernels
from minicnn.kernels.machine import tape as tape_module
from minicnn.kernels.machine import threads
from minicnn.kernels.machine.memory import Workspace
from minicnn.kernels.machine.tape import expect
from tests.processes import PATIENCE
from tests.tolerances import assert_same


def net(x, kernel, bias, weights):
    """Large and small arrays, several jobs and one, all from kernels."""
    y = kernels.conv2d_forward(x, kernel, bias, (1, 1), ((1, 1), (1, 1)), activation="relu")
    y = kernels.maxpool2d_forward(y, (2, 2), (2, 2), ((0, 0), (0, 0)))
    return kernels.softmax_forward(kernels.dense_forward(kernels.flatten_forward(y), weights, None))


def arrays(seed=0, channels=3):
    rng = np.random.default_rng(seed)
    shapes = (2, 36, 36, channels), (3, 3, channels, 40), (40,), (18 * 18 * 40, 5)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def recorded(function, *given):
    tape = kernels.Tape(Workspace())
    with kernels.recording(tape):
        y = function(*given)
    return tape, y


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("channels", [3, 32])  # directly, and by Winograd
def test_a_play_is_a_run(channels, count):
    before = kernels.get_num_threads()
    kernels.set_num_threads(count)
    try:
        given = arrays(0, channels)
        tape, y = recorded(net, *given)
        assert tape.good and len(tape.tasks) > 4
        assert_same(y, net(*given))
        for seed in (1, 2):
            for array, other in zip(given, arrays(seed, channels), strict=True):
                array[...] = other
            assert kernels.play(tape)
            assert_same(y, net(*given))
    finally:
        kernels.set_num_threads(before)


def test_memory_is_reused_within_a_run_and_held_for_the_next():
    """Ten arrays of a run lie in one or two buffers; an array that a kernel was given lives as long as the tape."""

    def ten(x):
        for _ in range(10):
            x = kernels.relu_forward(x)
        return x

    x = np.ones((400, 400), "float32")
    tape, y = recorded(ten, x)
    assert len(tape.space.buffers) == 2
    alive = weakref.ref(x)
    del x
    gc.collect()
    alive()[...] = 3
    assert kernels.play(tape) and (y == 3).all()
    del tape
    gc.collect()
    assert alive() is None


def test_what_numpy_computes_is_refused():
    x, kernel, bias, weights = arrays()
    assert not recorded(net, x, kernel.transpose(1, 0, 2, 3), bias, weights)[0].good  # copied, to be contiguous
    assert not recorded(kernels.cropping2d_forward, x, ((1, 1), (1, 1)))[0].good
    assert not recorded(kernels.zero_padding2d_forward, x, ((0, 0), (0, 0)))[0].good
    assert recorded(kernels.zero_padding2d_forward, x, ((1, 0), (0, 0)))[0].good
    narrow = kernels.depthwise_conv2d_forward, x, kernel[..., :1].copy(), None, (1, 1), ((0, 0), (0, 0))
    assert not recorded(*narrow)[0].good


def test_what_was_not_expected():
    """Winograd's method gives up on a NaN: a play must not pass its numbers on."""
    given = arrays(0, 32)
    tape, y = recorded(net, *given)
    given[0][0, 0, 0, 0] = np.nan
    assert not kernels.play(tape)
    given[0][0, 0, 0, 0] = 0
    assert kernels.play(tape)
    assert_same(y, net(*given))
    flag = np.ones(3, bool)
    tape, _ = recorded(lambda: expect(flag))
    assert kernels.play(tape)
    flag[1] = False
    assert not kernels.play(tape)


def test_an_error_ends_a_tape():
    x, kernel, bias, weights = arrays()
    tape = kernels.Tape(Workspace())
    with pytest.raises(ValueError), kernels.recording(tape):
        net(x, kernel[:, :, :2], bias, weights)
    assert not tape.good
    relu, _ = recorded(kernels.relu_forward, x)  # and the next one begins anew
    assert relu.good and len(relu.tasks) == 1


def test_a_call_with_too_many_arguments_is_refused(monkeypatch):
    monkeypatch.setattr(tape_module, "ARGUMENTS", 8)
    assert not recorded(kernels.relu_forward, np.ones(10))[0].good


def test_a_tape_within_a_tape():
    """What the inner one notes the outer one does not see."""
    x, outer, inner = arrays()[0], kernels.Tape(Workspace()), kernels.Tape(Workspace())
    with kernels.recording(outer):
        kernels.relu_forward(x)
        with kernels.recording(inner):
            kernels.relu_forward(x)
        kernels.relu_forward(x)
    assert inner.good and len(inner.tasks) == 1
    assert not outer.good and len(outer.tasks) == 2


def test_helpers_are_left_alone_where_no_call_is_shared(monkeypatch):
    tape, _ = recorded(kernels.relu_forward, np.ones(10))
    assert tape.seats == 0
    monkeypatch.setattr(threads._pool, "asleep", [None])  # to wake it would fail
    assert kernels.play(tape)


def test_other_threads_are_not_on_the_tape():
    given, tape = arrays(), kernels.Tape(Workspace())
    with kernels.recording(tape):
        thread = threading.Thread(target=net, args=given)
        thread.start()
        thread.join()
    assert tape.good and len(tape.tasks) == 0


def _play_in_child(tape, y, want, answers):
    kernels.play(tape)
    answers.put(bool((y == want).all()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_plays_with_helpers_of_its_own():
    given = arrays()
    tape, y = recorded(net, *given)
    want = y.copy()
    y[...] = 0
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_play_in_child, args=(tape, y, want, answers))
    child.start()
    assert answers.get(timeout=PATIENCE)
    child.join()
