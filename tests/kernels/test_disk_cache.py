"""Compiled kernels are found again on disk, and never when any source file changed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minicnn

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
from minicnn import kernels
from minicnn.kernels import jit
said = []
kernels.on_first_compile(lambda: said.append("compiling"))
x = np.ones((1, 12, 12, 3), np.float32)
y = kernels.conv2d_forward(x, np.ones((3, 3, 3, 8), np.float32), None, (1, 1), ((0, 0), (0, 0)))
y = kernels.sigmoid_forward(y - 27)
print(*said, y[0, 0, 0, 0], jit.CACHE_FOLDER)
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the kernels alone, whose files a test may change, with a cache of its own."""
    target = tmp_path / "package" / "minicnn"
    target.mkdir(parents=True)
    (target / "__init__.py").touch()
    shutil.copytree(Path(minicnn.__file__).parent / "kernels", target / "kernels",
                    ignore=shutil.ignore_patterns("__pycache__"))
    return target


def answer(package, **environment):
    environment = {"NUMBA_CACHE_DIR": str(package.parents[1] / "cache"), **environment}
    result = subprocess.run([sys.executable, "-c", PROGRAM.format(folder=str(package.parent))], text=True,
                            env={**os.environ, **environment}, capture_output=True, timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout.split()


def test_the_second_process_compiles_nothing(package):
    first, second = answer(package), answer(package)
    assert first[:2] == ["compiling", "0.5"]
    assert second == first[1:]


def test_a_changed_helper_is_seen(package):
    """exponential.py is called by sigmoid.py, whose own file stays as it was."""
    assert answer(package)[:2] == ["compiling", "0.5"]
    helper = package / "kernels" / "exponential.py"
    text = helper.read_text()
    assert text.count("return y if x == x else x") == 2
    helper.write_text(text.replace("return y if x == x else x", "return y * type(y)(3) if x == x else x"))
    assert answer(package)[:2] == ["compiling", str(np.float32(1) / np.float32(4))]


def test_a_home_that_cannot_be_written(package):
    """A read-only home: kernels are kept in a temporary folder, and all works."""
    result = answer(package, NUMBA_CACHE_DIR="", HOME="/dev/null", XDG_CACHE_HOME="/dev/null/cache",
                    LOCALAPPDATA="/dev/null", TMPDIR=str(package.parents[1]))
    assert result[:2] == ["compiling", "0.5"]
    assert result[2].startswith(str(package.parents[1]))


def test_caches_of_old_versions_are_removed(package):
    cache = package.parents[1] / "cache"
    old, young = cache / "kernels-0123456789abcdef", cache / "kernels-fedcba9876543210"
    for folder, days in ((old, 31), (young, 29)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - days * 86400,) * 2)
    answer(package)
    assert young.exists() and not old.exists()


def test_the_callers_setting_is_left_alone():
    """Numba's own CACHE_DIR is set while kernels are decorated, and restored: other packages keep theirs."""
    code = "import numba; numba.config.CACHE_DIR = 'mine'; import minicnn.kernels; print(numba.config.CACHE_DIR)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["mine"]
