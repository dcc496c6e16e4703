"""Where nobody reads on, as after `| head -1`, a command ends without a word, as a program that SIGPIPE ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn import Conv2D, Input, Sequential

ROOT = Path(__file__).parents[1]


def into_nowhere(*arguments, errors=False):
    """Run a module's command with its output, and its errors too if told so, into a pipe that nobody reads."""
    reads, writes = os.pipe()
    os.close(reads)
    try:
        return subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            stdout=writes,
            stderr=writes if errors else subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
            check=False,
        )
    finally:
        os.close(writes)


@pytest.mark.parametrize(
    "command",
    [
        "minicnn --help",
        "minicnn shapes 8x8x1 conv4 3x3",
        "minicnn walk softmax",
        "keras_ref --help",
        "benchmarks --help",
    ],
)
def test_a_closed_pipe_ends_a_command_quietly(command):
    done = into_nowhere(*command.split())
    assert (done.returncode, done.stderr) == (141, "")


def test_what_rich_prints_ends_so_too(tmp_path):
    Sequential([Input((4, 4, 1)), Conv2D(2, 3)], seed=0).save(tmp_path / "net.keras")
    done = into_nowhere("minicnn", "summary", tmp_path / "net.keras")
    assert (done.returncode, done.stderr) == (141, "")
    for split in ("train", "validation"):
        (tmp_path / split / "hat").mkdir(parents=True)
    done = into_nowhere("keras_ref", "data", "verify", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")


def test_errors_that_nobody_reads(tmp_path):
    for program in ("minicnn", "keras_ref"):
        assert (
            into_nowhere(program, "predict", tmp_path / "no.keras", tmp_path / "no.jpg", errors=True).returncode == 141
        )


def test_other_ends_keep_their_codes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "minicnn", "predict", tmp_path / "no.keras", "a.jpg"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith("minicnn: ")
