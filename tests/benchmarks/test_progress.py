"""Progress: each item's share counts, on a terminal and off it."""

import io

import pytest
from rich.console import Console

from benchmarks import progress


@pytest.mark.parametrize("terminal", [True, False])
def test_items_pass_through_in_order(monkeypatch, terminal):
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=io.StringIO(), force_terminal=terminal))
    assert list(progress.track([3, 1, 2], "cases", weight=float)) == [3, 1, 2]


def test_a_bar_moves_by_the_share_of_what_is_done(monkeypatch):
    bars = []

    class Bar(progress.Progress):
        def __init__(self, *columns, **settings):
            super().__init__(*columns, **settings)
            bars.append(self)

    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=io.StringIO(), force_terminal=True))
    monkeypatch.setattr(progress, "Progress", Bar)
    seen = [bars[0].tasks[0].completed for _ in progress.track([5.0, 2.0, 1.0], "cases", weight=lambda item: item)]
    assert seen == [0, 5, 7] and (bars[0].tasks[0].completed, bars[0].tasks[0].total) == (8, 8)


def test_off_a_terminal_a_line_tells_the_time_left(monkeypatch, capsys):
    clock = iter([0.0, 0.0, 40.0, 50.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=io.StringIO(), force_terminal=False))
    list(progress.track([1.0, 3.0, 2.0], "cases", weight=lambda item: item))
    assert capsys.readouterr().err == "cases: 1/3, 3.0, about 200 s left\n"  # 1 of 6 shares took 40 s
