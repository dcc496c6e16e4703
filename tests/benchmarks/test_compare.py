"""Two checkouts in turn: the ratio and its interval, what counts as slower, and results that differ."""

import contextlib
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


def _row(*sides):
    off, seconds, rounds = compare._rounds({}, sides, quick=False)
    return compare._row("a call", off, seconds, [rounds])


def _said(*rows):
    return compare.verdict({"head": {"old": "A", "new": "B"}, "rows": list(rows)})


@pytest.mark.parametrize(("old", "new", "slower"), [(1.0, 1.25, True), (1.0, 1.0, False), (1.25, 1.0, False)])
def test_slower_is_where_the_whole_interval_lies_below_1(old, new, slower):
    row = _row(Scripted(old), Scripted(new))
    assert row["ratio"] == old / new and row["new_ms"] == new * 1e3
    assert row["rounds"] == (compare.MOST if slower else compare.FEW)  # what looks slower is measured on
    assert _said(row)[0] == "B against A, 1 rows: slower in " + ("1: a call" if slower else "0")


@pytest.mark.parametrize(
    ("fresh", "slower"), [([1.3] * 5, True), ([1.0] * 5, False), ([1.3, 0.9, 1.2, 0.95, 1.0], False)]
)
def test_what_looks_slower_counts_in_fresh_processes_alone(fresh, slower):
    """One pair's luck is no verdict: a call that was 1.3 times as slow once, and in fresh processes now and then."""
    requests, rows = [("quick", {}), ("a call", {})], [_row(Scripted(1.0), Scripted(0.9))]
    rows.append(_row(Scripted(1.0), Scripted(1.3)))
    before, left = rows[0], list(fresh)

    @contextlib.contextmanager
    def pair():
        yield Scripted(1.0), Scripted(left.pop(0))

    compare._again(requests, rows, pair)
    assert not left and rows[0] is before
    assert rows[1]["pairs"] == 5
    assert rows[1]["rounds"] == sum(compare.LEAST if seconds > 1 else compare.FEW for seconds in fresh)
    assert rows[1]["ratio"] == 1 / sorted(fresh)[2]
    assert _said(*rows)[0] == "B against A, 2 rows: slower in " + ("1: a call" if slower else "0")


def test_nothing_is_measured_again_where_nothing_looks_slower():
    rows = [_row(Scripted(1.0), Scripted(0.9)), _row(Scripted(1.0), Scripted(1.0, (1.0, -2.1)))]
    compare._again([("quick", {}), ("other", {})], rows, lambda: pytest.fail("a process was started"))


def test_the_interval_is_drawn_over_pairs_of_processes():
    """Each pair agrees with itself to the last bit, and they lie 0.8 to 1.2 apart."""
    ratio, low, high = timing.ratio_over_pairs([[(value, 1.0)] * 9 for value in (0.8, 0.9, 1.0, 1.1, 1.2)])
    assert ratio == 1.0 and low <= 0.9 and high >= 1.1
    one = [[2.0, 1.0], [4.0, 1.0], [9.0, 3.0]]
    assert timing.ratio_over_pairs([one])[0] == timing.paired_ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0])[0]


def test_results_that_differ_are_not_timed():
    row = _row(Scripted(1.0), Scripted(1.0, (1.0, -2.1)))
    assert "ratio" not in row and row["difference"] == pytest.approx(0.05)
    row = _row(Scripted(1.0), Scripted(1.0, (1.0, float("nan"))))
    assert "ratio" not in row
    assert "since the numbers differ: a call" in "\n".join(_said(row))


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
    assert len(part["rows"]) == 3 + 9 and all(row["difference"] == 0 for row in part["rows"])
    assert "| homework train_on_batch, 20 |" in sections.text(part)


def test_a_folder_that_is_no_checkout(tmp_path, capsys):
    assert main(["compare", str(tmp_path), str(ROOT), *SMALL]) == 2
    assert capsys.readouterr().err == f"A checkout of minicnn is needed. Received: {tmp_path}.\n"
