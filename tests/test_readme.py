"""README tells the truth: its commands and its example run, its map names what is there."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```python\n(.*?)```", README, re.S)[1]
    small = example.replace("per_class=100", "per_class=2").replace("load(20,", "load(1,")
    exec(compile(small, "README.md", "exec"), {})
    assert (tmp_path / "clothes.keras").exists() and "Conv2D" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/python -m pip install -e . && .venv/bin/minicnn demo",
        "python3 -m venv .venv && .venv/bin/python -m pip install -e '.[test]' && .venv/bin/python -m pytest",
    ],
)
def test_the_set_up_commands_stand_there(command):
    assert f"    {command}\n" in README


def test_every_minicnn_command_is_understood():
    from minicnn.app.cli import parser

    commands = re.findall(r"^ {4}minicnn (.+)$", README, re.M)
    assert len(commands) >= 3
    for command in commands:
        parser().parse_args(shlex.split(command, comments=True))


def test_the_map_names_what_is_there():
    paths = re.findall(r"^\| (`[^|]*`) \|", README, re.M)
    assert len(paths) >= 8
    for path in re.findall(r"`([^`]+)`", " ".join(paths)):
        assert (ROOT / path).exists() or (ROOT / "minicnn" / path).exists(), path
