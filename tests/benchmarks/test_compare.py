"""Two checkouts in turn: the ratio and its interval, what counts as slower, and results that differ."""

import shutil
from pathlib import Path

import pytest

from benchmarks import compare, sections, timing
from benchmarks.cli import main

ROOT = Path(__file__).parents[2]
SMALL = ["--quick", "--no-nets", "--conv", "1,6,6,3,4,3"]


class Scripted:
    """A side that always takes the same time."""

    def __init__(self, seconds, numbers=(1.0, -2.0)):
        self.seconds, self.numbers = seconds, list(numbers)

    def ask(self, request):
        prepared = {"numbers": self.numbers, "largest": 2.0} if "repeats" not in request else {}
        return {"seconds": self.seconds, **prepared}


def test_the_ratio_is_the_median_of_old_over_new():
    ratio, low, high = timing.paired_ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0])  # 2, 4, 3
    assert ratio == 3.0 and 2.0 <= low < 3.0 < high <= 4.0
    assert timing.paired_ratio([3.0] * 9, [2.0] * 9) == (1.5, 1.5, 1.5)


@pytest.mark.parametrize(("old", "new", "slower"), [(1.0, 1.25, True), (1.0, 1.0, False), (1.25, 1.0, False)])
def test_slower_is_where_the_whole_interval_lies_below_1(old, new, slower):
    row = compare._row("a call", {}, [Scripted(old), Scripted(new)], quick=False)
    assert row["ratio"] == old / new and row["new_ms"] == new * 1e3
    assert row["rounds"] == (compare.MOST if slower else compare.FEW)  # what looks slower is measured on
    first, *_ = compare.verdict({"head": {"old": "A", "new": "B"}, "rows": [row]})
    assert first == "B against A, 1 rows: slower in " + ("1: a call" if slower else "0")


def test_results_that_differ_are_not_timed():
    row = compare._row("a call", {}, [Scripted(1.0), Scripted(1.0, (1.0, -2.1))], quick=False)
    assert "ratio" not in row and row["difference"] == pytest.approx(0.05)
    row = compare._row("a call", {}, [Scripted(1.0), Scripted(1.0, (1.0, float("nan")))], quick=False)
    assert "ratio" not in row
    words = "\n".join(compare.verdict({"head": {"old": "A", "new": "B"}, "rows": [row]}))
    assert "since the numbers differ: a call" in words


def test_two_checkouts(tmp_path, capsys):
    """The other checkout's code is what runs: one that gives other numbers is found out, in that pass alone."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "minicnn", other / "minicnn", ignore=shutil.ignore_patterns("__pycache__"))
    file = other / "minicnn" / "__init__.py"
    file.write_text(
        file.read_text()
        + """
from . import kernels as _kernels
_exact = _kernels.conv2d_backward_kernel
_kernels.conv2d_backward_kernel = lambda *how: 1.5 * _exact(*how)
"""
    )
    assert main(["compare", str(other), str(ROOT), *SMALL]) == 0
    printed = capsys.readouterr().out
    assert "against other, 2 rows" in printed and "since the numbers differ: own/valid/n1/6x6x3-4-k3 dW" in printed


def test_whole_nets_run_in_both(capsys):
    part = compare.measure(ROOT, ROOT, 1, own=["1,6,6,3,4,3"], quick=True)
    assert len(part["rows"]) == 3 + 6 and all(row["difference"] == 0 for row in part["rows"])
    assert "| homework train_on_batch, 20 |" in sections.text(part)


def test_a_folder_that_is_no_checkout(tmp_path, capsys):
    assert main(["compare", str(tmp_path), str(ROOT), *SMALL]) == 2
    assert capsys.readouterr().err == f"A checkout of minicnn is needed. Received: {tmp_path}.\n"
