"""Threads: the same bits with any number of them, many callers at once, and after a fork."""

import os
import threading as python_threads

import numpy as np
import pytest

from minicnn import kernels
from minicnn.kernels import threads
from minicnn.kernels.jit import jit
from tests.kernels.test_memory_safety import run

PADS = ((1, 1), (1, 1))


def arrays():
    rng = np.random.default_rng(3)
    return (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 40, 40, 16), (3, 3, 16, 32), (32,)))


def convolve():
    """A forward and a backward pass, large enough to be shared between threads."""
    x, kernel, bias = arrays()
    y = kernels.conv2d_forward(x, kernel, bias, (1, 1), PADS, activation="relu")
    return y.tobytes() + kernels.conv2d_backward_kernel(y, x, (3, 3), (1, 1), PADS).tobytes()


@pytest.fixture
def three_threads():
    before = kernels.get_num_threads()
    kernels.set_num_threads(3)
    yield
    kernels.set_num_threads(before)


def test_bits_do_not_depend_on_threads():
    """Fresh processes: neither the pool nor anything else may remember another number of threads."""
    digests = {tuple(run(MINICNN_NUM_THREADS=str(n))) for n in (1, 2, 3)}
    assert len(digests) == 1


def test_no_job_at_all(three_threads):
    """Whatever work the caller says that there is."""
    threads.run(None, 0, 10**9)


def test_many_callers_at_once(three_threads):
    expected, results = convolve(), []
    callers = [python_threads.Thread(target=lambda: results.extend(convolve() for _ in range(5))) for _ in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=120)
    assert results == [expected] * 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_child_computes(three_threads):
    """Helpers do not survive a fork: the child must neither wait for them nor crash. Forked while others work."""
    expected = convolve()
    stop = python_threads.Event()

    def work():
        while not stop.is_set():
            convolve()

    busy = python_threads.Thread(target=work)
    busy.start()
    try:
        for _ in range(3):
            child = os.fork()
            if child == 0:
                os._exit(0 if convolve() == expected else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        busy.join(timeout=120)


@jit
def without_memory(start, stop, done):
    """A kernel whose last job asks for more memory than there is."""
    for job in range(start, stop):
        done[job] = 1
        if job == done.size - 1:
            done[job] = np.empty(1 << 60, np.int8)[job]


def test_no_memory_in_a_helper_reaches_the_caller(three_threads):
    for _ in range(20):  # whoever does the last job
        with pytest.raises(MemoryError):
            threads.run(without_memory, 100, threads.SERIAL, np.zeros(100, np.int8))
    assert len(convolve())  # the team is free again


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_number_of_threads(n):
    with pytest.raises(ValueError, match=r"`n` must be a whole number, 1 or more\. Received: n="):
        kernels.set_num_threads(n)


def test_default_number_of_threads():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "from minicnn import kernels; print(kernels.get_num_threads())"
    if hasattr(os, "sched_setaffinity"):
        import subprocess
        import sys

        environment = {key: value for key, value in os.environ.items() if key != "MINICNN_NUM_THREADS"}
        assert subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).split() == ["1"]
