"""What training shows: nothing, a line an epoch, or a bar."""

import io
from types import SimpleNamespace

import pytest

from minicnn.training import progress

LOGS = {"loss": 0.123456, "accuracy": 1.0}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second each time that somebody looks."""
    now = iter(range(1000))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: float(next(now))))


def run(show, epochs=2, steps=3):
    with show:
        for epoch in range(epochs):
            show.begin(epoch)
            for _ in range(steps):
                show.step(LOGS)
            show.validating()
            show.end(epoch, LOGS)


def test_values_in_a_row():
    assert progress.format_logs(LOGS) == "loss 0.1235  accuracy 1.0000"


def test_lines(capsys, clock):
    run(progress.progress_for(2, 3, 2))
    captured = capsys.readouterr()
    assert captured.err == (
        "epoch 1/2  1.0 s  loss 0.1235  accuracy 1.0000\nepoch 2/2  1.0 s  loss 0.1235  accuracy 1.0000\n"
    )
    assert captured.out == ""


def test_nothing(capsys):
    run(progress.progress_for(0, None, 2))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("total", [3, None])  # a length, or none
def test_bar(monkeypatch, clock, total):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    show = progress.progress_for(1, total, 2)
    with show:
        show.begin(0)
        task = show.bar.tasks[0]
        assert task.total == total and task.completed == 0
        show.step(LOGS)
        show.step(LOGS)
        assert task.completed == 2 and task.fields["logs"] == "loss 0.1235  accuracy 1.0000"
        show.validating()
        assert task.fields["logs"] == "validating ..."
        show.bar.refresh()
        show.end(0, LOGS)
        assert not show.bar.tasks
        show.begin(1)
        show.end(1, LOGS)
    text = screen.getvalue()
    for epoch in (1, 2):
        assert f"epoch {epoch}/2  1.0 s  loss 0.1235  accuracy 1.0000" in text
    assert not show.bar.live.is_started


@pytest.mark.parametrize(("screen", "kind"), [(Terminal(), progress.Bar), (io.StringIO(), progress.Lines)])
def test_what_suits_the_output(monkeypatch, screen, kind):
    monkeypatch.setattr("sys.stderr", screen)
    assert type(progress.progress_for("auto", [], 1)) is kind


@pytest.mark.parametrize("verbose", [3, -1, "yes", None])
def test_other_values(verbose):
    with pytest.raises(ValueError, match=f"`verbose` must be 0, 1, 2 or 'auto'. Received: verbose={verbose!r}."):
        progress.progress_for(verbose, [], 1)
