"""README tells the truth: its commands and its example run, its map names what is there."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / ".github").rglob("*.md"))]


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


def test_it_is_a_door():
    assert len(README.splitlines()) < 120


def commands(program):
    """List a program's commands in README and in the files of .github, each named after its file."""
    return [
        pytest.param(line, id=f"{path.name}: {line}")
        for path in PAGES
        for line in re.findall(rf"^ {{4}}(?:.* && )?{program} (.+)$", path.read_text(encoding="utf-8"), re.M)
    ]


@pytest.mark.parametrize("command", commands("minicnn"))
def test_every_minicnn_command_is_understood(command):
    from minicnn.app.cli import parser

    parser().parse_args(shlex.split(command, comments=True))


@pytest.mark.parametrize("command", commands("python -m benchmarks"))
def test_every_command_of_the_benchmarks_is_understood(command):
    from benchmarks.cli import parser

    parser().parse_args(shlex.split(command, comments=True))


def test_the_commands_were_found():
    assert len(commands("minicnn")) >= 7 and len(commands("python -m benchmarks")) >= 2


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_contributing_names_what_is_there():
    """Every path in it that begins with a folder of the checkout; NAME stands for an operation."""
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("NAME", "maxpool2d")
    paths = re.findall(r"`((?:minicnn|tests|benchmarks|keras_ref|\.ci)/[^` ]*)`", text)
    assert len(paths) >= 12
    for path in paths:
        assert list(ROOT.glob(path.rstrip("/"))), path


def test_the_map_names_what_is_there():
    paths = re.findall(r"^\| (`[^|]*`) \|", README, re.M)
    assert len(paths) >= 8
    for path in re.findall(r"`([^`]+)`", " ".join(paths)):
        assert (ROOT / path).exists() or (ROOT / "minicnn" / path).exists(), path
