"""What training shows: nothing, a line an epoch, or a bar."""

import io
import sys
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


class Kernel:
    """IPython's shell in a notebook: what it is told to show."""

    kernel = "a notebook has one"

    def __init__(self):
        self.shown, self.display_pub = [], self

    def publish(self, data, metadata, transient, update):
        assert metadata == {} and set(data) == {"text/plain", "text/html"}
        self.shown.append((data["text/plain"], data["text/html"], transient["display_id"], update))


@pytest.fixture
def kernel(monkeypatch):
    """A notebook, as far as progress can see one."""
    shell = Kernel()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return shell


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_a_notebooks_bar_leaves_one_line(kernel, clock, capsys, verbose):
    show = progress.progress_for(verbose, 3, 2)
    assert show.kind == 1
    run(show)
    texts, drawn, names, updates = zip(*kernel.shown, strict=True)
    assert len(set(names)) == 1 and updates == (False, *[True] * (len(texts) - 1))  # one output, written anew
    assert texts[0] == "epoch 1/2  1/3  loss 0.1235  accuracy 1.0000  about 2 s left"
    assert '<progress value="1" max="3"' in drawn[0] and "validating ..." in "".join(texts)
    assert texts[-1].startswith("epoch 2/2  ") and "<progress" not in drawn[-1]
    assert capsys.readouterr() == ("", "")


def test_a_notebooks_bar_draws_ten_states_a_second(kernel, monkeypatch):
    now = iter(k / 100 for k in range(1, 100_000))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(now)))
    run(progress.progress_for(1, 500, 1), epochs=1, steps=500)
    assert 45 <= len(kernel.shown) <= 55


def test_a_notebooks_bar_of_unknown_length_with_markup_in_a_name(kernel, clock):
    with progress.progress_for(1, None, 1) as show:
        show.begin(0)
        show.step({"<b>": 1.0})
    assert "epoch 1/1  1/?  <b> 1.0000" == kernel.shown[-1][0]  # stopped: how far it came
    assert all("<b>" not in drawn and "&lt;b&gt;" in drawn and "max=" not in drawn for _, drawn, *_ in kernel.shown)


def test_lines_and_silence_in_a_notebook_too(kernel, capsys):
    run(progress.progress_for(2, 3, 1), epochs=1)
    run(progress.progress_for(0, 3, 1), epochs=1)
    assert kernel.shown == [] and capsys.readouterr().err.startswith("epoch 1/1")


@pytest.mark.parametrize("shell", [None, SimpleNamespace(display_pub=None)])  # imported alone; in a terminal
def test_ipython_without_a_notebook(monkeypatch, shell):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert type(progress.progress_for("auto", 3, 1)) is progress.Lines
