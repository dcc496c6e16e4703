"""--help: of the program, and of every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn.app import console
from minicnn.app.cli import main
from minicnn.app.commands import COMMANDS, walk


def asked(capsys, *command):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_help_names_every_command(capsys):
    assert re.findall(r"^    (\w+) ", asked(capsys), re.M) == list(COMMANDS)
    for name, command in COMMANDS.items():
        text = asked(capsys, name)
        assert f"usage: minicnn {name} " in text and " ".join(command.HELP.split()) in " ".join(text.split())


def test_help_names_the_defaults(capsys):
    text = " ".join(asked(capsys, "train").split())
    for default in ("tinyvgg", "64", "20", "32", "0.001", "0", "minicnn-run"):
        assert f"(default: {default})" in text
    for name in COMMANDS:
        assert not re.search(r"\(default: (None|False)\)", asked(capsys, name))


@pytest.mark.parametrize(
    ("arguments", "start", "end"),
    [
        ([], "The following arguments are required: COMMAND", "minicnn"),
        (["paint"], "Argument COMMAND: invalid choice: 'paint'", "minicnn"),
        (["summary"], "The following arguments are required: MODEL", "minicnn summary"),
        (["predict", "m.keras"], "The following arguments are required: PICTURE", "minicnn predict"),
        (["predict", "m.keras", "a.png", "--top", "x"], "Argument --top: invalid int value: 'x'", "minicnn predict"),
        (["predict", "m.keras", "a.png", "--crop", "x"], "Argument --crop: invalid choice: 'x'", "minicnn predict"),
        (["summary", "m.keras", "--upside-down"], "Unrecognized arguments: --upside-down", "minicnn"),
    ],
)
def test_what_is_no_command_or_lacks_something_is_refused(capsys, arguments, start, end):
    assert main(arguments) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f"minicnn: {start}") and sentence.endswith(f"; see: {end} --help")


@pytest.mark.parametrize(
    "arguments",
    [
        "demo --out D",
        "train D",
        "predict m.keras a.png",
        "evaluate m.keras D",
        "explain m.keras a.png",
        "saliency m.keras a.png",
    ],
)
def test_what_computes_says_first_that_it_may_compile(monkeypatch, capsys, tmp_path, arguments):
    """Before it draws, reads or loads anything: none of these files is there."""

    def announce():
        raise ValueError("first of all")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "announce_compiling", announce)
    assert main(arguments.split()) == 2 and capsys.readouterr().err == "minicnn: first of all\n"
    assert not list(tmp_path.iterdir())


def test_help_loads_neither_numpy_nor_numba():
    """It comes at once: what is heavy is loaded by the command that needs it."""
    code = (
        "import sys; from minicnn.app import cli; cli.parser().format_help(); "
        "print([name for name in ('numpy', 'PIL', 'numba', 'rich') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_walk_offers_every_walk():
    from minicnn.explain.lessons.walk import TOPICS

    assert walk.TOPICS == tuple(TOPICS)
