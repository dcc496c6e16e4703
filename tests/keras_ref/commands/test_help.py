"""--help: of the package, and of every command."""

import re
import subprocess
import sys

import pytest

from keras_ref.commands import COMMANDS, main
from tests.keras_ref.conftest import CHECKOUT


def _help(capsys, *command):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_help_names_the_way(capsys):
    text = _help(capsys)
    steps = text[text.index("from nothing to a prediction") :].strip().splitlines()[1:]
    assert len(steps) == 5 and all("python" in step for step in steps)
    assert re.findall(r"^    (\w+) ", text, re.M) == list(COMMANDS)
    for command in COMMANDS:
        assert f"usage: keras_ref {command} " in _help(capsys, command)


def test_help_loads_neither_numpy_nor_tensorflow():
    """It comes at once: what is heavy is loaded by the command that needs it."""
    code = (
        "import sys; from keras_ref.commands import cli; cli._parser().format_help(); "
        "print([name for name in ('numpy', 'PIL', 'minicnn', 'keras', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
