"""Compiled kernels are found again on disk, and never when any source file changed or a stored file is damaged."""

import errno
import itertools
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.kernels.machine import disk_cache
from minicnn.kernels.machine.disk_cache import Files
from minicnn.kernels.machine.jit import jit
from tests.processes import PATIENCE

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
from minicnn import kernels
from minicnn.kernels.machine import disk_cache
kernels.set_num_threads(2)
said = []
kernels.on_first_compile(lambda: said.append("compiling"))
y = kernels.sigmoid_forward(np.zeros(8, np.float32))
assert (kernels.relu_forward(np.full(100_000, 2, np.float32)) == 2).all()  # shared by two threads
print(*said, y[0], disk_cache.CACHE_FOLDER)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Copy the kernels (and what is free to all) alone, whose files a test may change, with a cache of its own."""
    target = tmp_path_factory.mktemp("package") / "minicnn"
    target.mkdir(parents=True)
    (target / "__init__.py").touch()
    for file in ("types.py", "arguments.py"):
        shutil.copy(Path(minicnn.__file__).parent / file, target)
    shutil.copytree(
        Path(minicnn.__file__).parent / "kernels", target / "kernels", ignore=shutil.ignore_patterns("__pycache__")
    )
    return target


def answer(package, **environment):
    environment = {"NUMBA_CACHE_DIR": str(package.parent / "cache"), **environment}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(folder=str(package.parent))],
        text=True,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout.split()


@pytest.fixture(scope="module")
def first(package):
    """Return what the first process says, which found no cache."""
    return answer(package)


def test_the_second_process_compiles_nothing(package, first):
    assert first[:2] == ["compiling", "0.5"]
    assert answer(package) == first[1:]


def test_a_second_checkout_of_the_same_sources_compiles_nothing(package, first, tmp_path):
    """Content counts, not the place of a file nor its time."""
    shutil.copytree(package, tmp_path / "minicnn", copy_function=shutil.copyfile)
    cache = str(package.parent / "cache")
    assert answer(tmp_path / "minicnn", NUMBA_CACHE_DIR=cache) == first[1:]


@pytest.mark.parametrize("room", ["", "fused", "machine", "machine/tile", "algorithms"])
def test_a_change_in_any_room_is_seen(package, first, room):
    """At any depth below kernels/: all is compiled anew."""
    path = min(path for path in (package / "kernels" / room).glob("*.py") if path.name != "__init__.py")
    text = path.read_text()
    path.write_text(text + "\n# another line\n")
    try:
        said = answer(package)
        assert said[:2] == ["compiling", "0.5"] and said[2] != first[2]
    finally:
        path.write_text(text)


def test_a_changed_helper_is_seen(package, first):
    """exponential.py is called by sigmoid.py, whose own file stays as it was."""
    helper = package / "kernels" / "machine" / "exponential.py"
    text = helper.read_text()
    assert text.count("return y if x == x else x") == 2
    helper.write_text(text.replace("return y if x == x else x", "return y * type(y)(3) if x == x else x"))
    try:
        assert answer(package)[:2] == ["compiling", str(np.float32(1) / np.float32(4))]
    finally:
        helper.write_text(text)


def test_a_home_that_cannot_be_written(package):
    """A read-only home: kernels are kept in a temporary folder, and all works."""
    result = answer(
        package,
        NUMBA_CACHE_DIR="",
        HOME="/dev/null",
        XDG_CACHE_HOME="/dev/null/cache",
        LOCALAPPDATA="/dev/null",
        TMPDIR=str(package.parent),
    )
    assert result[:2] == ["compiling", "0.5"]
    assert result[2].startswith(str(package.parent / "minicnn-"))


def test_each_width_of_registers_has_its_own(package, first):
    """Code for registers of one width computes nonsense beside code for another, and Numba does not tell them apart."""
    own = int(first[2].rpartition("x")[2])
    other = answer(package, MINICNN_REGISTER_BYTES=str(48 - own if own < 64 else 32))
    assert other[:2] == first[:2] and other[2] != first[2]
    assert answer(package, MINICNN_REGISTER_BYTES=str(own)) == first[1:]


def test_each_number_of_registers_has_its_own(monkeypatch, tmp_path):
    """16 registers of 16 bytes are x86's without AVX, 32 of them are ARM's: other tiles fit."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    names = set()
    for count in (16, 32):
        monkeypatch.setattr(disk_cache, "REGISTERS", count)
        names.add(disk_cache._writable_folder().name)
    assert len(names) == 2


def test_a_kernel_of_another_compiler_is_not_taken(tmp_path):
    """The version of Numba belongs to the stamp."""
    Files(tmp_path, "kernel", ("0.61", 3)).save("float32", "code")
    assert Files(tmp_path, "kernel", ("0.62", 3)).load("float32") is None
    assert Files(tmp_path, "kernel", ("0.61", 3)).load("float32") == "code"
    assert Files(tmp_path, "kernel", ("0.61", 3)).load("float64") is None


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def become_another(path):
    """Take the place of another file, which is sound: of the same kernel for other types, say."""
    shutil.copy(max(path.parent.glob("*.nbc"), key=lambda other: (other != path, other.name)), path)


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(os.urandom(1000)),
    "another pickle": lambda path: path.write_bytes(pickle.dumps(["no", "kernel"])),
    "a flipped bit": flip,
    "gone": lambda path: path.unlink(),
    "not to be read": lambda path: path.chmod(0),
    "another's": become_another,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_is_written_anew(tmp_path, kind):
    files = Files(tmp_path, "kernel", 1)
    for key in ("float32", "float64"):
        files.save(key, f"code for {key}")
    path, _ = files._file_of("float32")
    DAMAGE[kind](path)
    if not (kind == "not to be read" and os.access(path, os.R_OK)):  # root reads all
        assert files.load("float32") is None
    assert files.load("float64") == "code for float64"
    files.save("float32", "code")
    assert files.load("float32") == "code"
    files.flush()
    assert files.load("float32") is None and not list(tmp_path.iterdir())


def test_a_damaged_cache_mends_itself(package, first):
    """Every file of it, each in one of these ways."""
    paths = sorted(Path(first[2]).rglob("*.nbc"))
    assert len(paths) > len(DAMAGE)
    for path, damage in zip(paths, itertools.cycle(DAMAGE.values()), strict=False):
        damage(path)
    assert answer(package) == first
    assert answer(package) == first[1:]


def test_a_full_disk_is_no_reason_to_stop(tmp_path, monkeypatch):
    @jit
    def double(x):
        return 2 * x

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert double(21) == 42


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path):
    files = Files(tmp_path, "kernel", 1)
    path, _ = files._file_of("float32")
    path.mkdir()
    with pytest.raises(OSError):
        files.save("float32", "code")
    assert files.load("float32") is None and list(tmp_path.iterdir()) == [path]


def test_two_writers_never_mix(tmp_path):
    """Numba's index lets two processes that write at the same time give one kernel the other's code."""
    one, other = Files(tmp_path, "kernel", 1), Files(tmp_path, "kernel", 1)
    one.load("float32"), other.load("float64")
    one.save("float32", "code for float32"), other.save("float64", "code for float64")
    assert one.load("float32") == "code for float32" and one.load("float64") == "code for float64"


def test_caches_of_old_versions_are_removed(package):
    cache = package.parent / "cache"
    old, young = cache / "kernels-0123456789abcdef", cache / "kernels-fedcba9876543210"
    for folder, days in ((old, 31), (young, 29)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - days * 86400,) * 2)
    answer(package)
    assert young.exists() and not old.exists()
