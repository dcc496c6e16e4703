"""Threads: the same bits with any number of them, many callers at once, and after a fork."""

import inspect
import os
import subprocess
import sys
import threading as python_threads

import numpy as np
import pytest

from minicnn import kernels
from minicnn.kernels.machine import threads
from minicnn.kernels.machine.jit import jit
from tests.kernels.machine.test_memory_safety import run
from tests.processes import PATIENCE

PADS = ((1, 1), (1, 1))


def arrays():
    rng = np.random.default_rng(3)
    return (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 40, 40, 16), (3, 3, 16, 32), (32,)))


def convolve():
    """Run a forward and a backward pass, large enough to be shared between threads."""
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
        thread.join(timeout=PATIENCE)
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
        busy.join(timeout=PATIENCE)


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
    with pytest.raises(ValueError, match=r"`n` must be a positive integer\. Received: n="):
        kernels.set_num_threads(n)


def in_a_fresh_process(code, **environment):
    """Run a program without the settings of this one's environment; return its exit status, output and errors."""
    own = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    result = subprocess.run([sys.executable, "-c", code], env=own | environment, text=True, capture_output=True)
    return result.returncode, result.stdout.split(), result.stderr


PRINT = "from minicnn import kernels; print(kernels.get_num_threads())"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes are not bound to processors here")
def test_default_number_of_threads():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    assert in_a_fresh_process(code + PRINT)[:2] == (0, ["1"])


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ({"MINICNN": "5", "NUMBA": "6", "OMP": "7"}, 5),
        ({"NUMBA": "6", "OMP": "7"}, 6),
        ({"OMP": "7"}, 7),
        ({"MINICNN": "", "NUMBA": "", "OMP": "3,2"}, 3),  # OpenMP: a number for each level
        ({"NUMBA": "0", "OMP": "4"}, 4),
    ],
)
def test_what_other_engines_are_told_counts(monkeypatch, names, count):
    for name in ("MINICNN", "NUMBA", "OMP"):
        monkeypatch.delenv(f"{name}_NUM_THREADS", raising=False)
        if name in names:
            monkeypatch.setenv(f"{name}_NUM_THREADS", names[name])
    assert threads._default_threads() == count


@pytest.mark.parametrize("words", ["many", "-1", "0"])
def test_a_number_of_threads_that_is_none(monkeypatch, words):
    """Of others' variables it is theirs to say."""
    monkeypatch.setenv("MINICNN_NUM_THREADS", words)
    with pytest.raises(ValueError, match=rf"MINICNN_NUM_THREADS must be a whole .*\. Received: '{words}'\."):
        threads._default_threads()
    monkeypatch.delenv("MINICNN_NUM_THREADS")
    alone = threads._default_threads
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    want = alone()
    monkeypatch.setenv("OMP_NUM_THREADS", words)
    assert alone() == want


def test_without_numbas_compiler():
    status, _, errors = in_a_fresh_process(PRINT, NUMBA_DISABLE_JIT="1")
    assert status == 1
    assert errors.splitlines()[-1] == (
        "ValueError: minicnn's kernels are compiled by Numba, so NUMBA_DISABLE_JIT must "
        "be 0 or unset. Received: NUMBA_DISABLE_JIT=1."
    )


def test_the_functions_that_share_a_kernel_have_their_source():
    """Whoever asks for it (a debugger, Numba, Python 3.13's tokenizer) finds the lines that they were written in."""
    for function, name in zip(threads._share(without_memory), ("_with_team", "_on_tape"), strict=True):
        assert inspect.getsource(function.py_func).startswith(f"def {name}(")
        assert inspect.getsource(function.py_func) == inspect.getsource(getattr(threads, name))
    assert threads._share(without_memory) is threads._share(without_memory)
