"""--help: of the program, and of every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
