"""Kernels read and write their arrays and nothing beside them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn.kernels.machine import memory
from tests.kernels import edge_cases
from tests.processes import PATIENCE

ROOT = Path(__file__).parents[3]


def run(*arguments, **environment):
    """Run edge_cases.py in a fresh process and return the lines that it printed."""
    result = subprocess.run(
        [sys.executable, str(Path(edge_cases.__file__)), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr[-2000:]}"
    return result.stdout.split()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guard pages are made with Linux's mprotect")
def test_between_guard_pages():
    assert run("guarded") == [edge_cases.digest()] * 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guard pages are made with Linux's mprotect")
@pytest.mark.parametrize("beside", [-1, 6])
def test_guard_pages_bite(beside):
    """The test above can fail: a number read beside a guarded array ends the process."""
    code = (
        "from tests.kernels.edge_cases import guarded; import ctypes; "
        f"a = guarded((6,), 'float64', {beside > 0}); ctypes.c_double.from_address(a.ctypes.data + 8 * {beside})"
    )
    result = subprocess.run([sys.executable, "-c", code + ".value"], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert result.returncode < 0


@pytest.mark.slow
def test_with_bounds_checked(tmp_path):
    """Every index of the plain loops lies in its array. (The tile's own loads are outside Numba's checks.)"""
    assert run("few", NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path)) == [edge_cases.digest(few=True)]


def test_workspace_never_reuses_what_is_held():
    shape = (64, 1024)
    with memory.workspace():
        held = memory.empty(shape, np.float32)
        held[:] = 1
        row = memory.empty(shape, np.float32)[3]  # a view of a view holds the memory as well
        row[:] = 2
        for _ in range(4):
            memory.empty(shape, np.float64)[:] = np.nan
            memory.empty(shape, np.float32)[:] = np.nan
        assert (held == 1).all() and (row == 2).all()
    assert (held == 1).all() and (row == 2).all()


def test_workspace_reuses_what_is_free():
    with memory.workspace():
        first = memory.empty((64, 1024), np.float32)
        address = first.ctypes.data
        del first
        with memory.workspace():
            assert memory.empty((1024, 64), np.float32).ctypes.data == address
    assert memory.empty((4, 4), np.float32).flags.c_contiguous
