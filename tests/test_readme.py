"""README tells the truth: its commands and its example run, its map names what is there."""

import argparse
import importlib
import re
import shlex
from collections import Counter
from functools import cache
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


CALL = re.compile(r"(?:.* && )?(?:\S*/)?(?:python3? -m )?(minicnn|keras_ref|benchmarks) (.+)")
DEALS_WITH = {"classifier.md": "keras_ref"}  # a page that writes "train clothing" alone, and for which program
HISTORY = "CHANGELOG.md"  # a command that it names may be gone


def parser_of(program):
    """Build a program's parser."""
    module = {"minicnn": "minicnn.app.cli", "keras_ref": "keras_ref.commands.cli", "benchmarks": "benchmarks.cli"}[
        program
    ]
    cli = importlib.import_module(module)
    return cli._parser() if program == "keras_ref" else cli.parser()


@cache
def flags_of(program):
    """Map each command of a program to its flags."""
    (commands,) = (action for action in parser_of(program)._actions if isinstance(action, argparse._SubParsersAction))
    return {name: set(command._option_string_actions) for name, command in commands.choices.items()}


def code(path):
    """Yield (code, whether it is a line by itself) of everything that a page sets as code."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            yield line.strip(), True
        else:
            yield from ((inside, False) for inside in re.findall(r"`([^`]+)`", line))


def commands():
    """Yield (page, program, its arguments) of every command that is written out."""
    for path in PAGES:
        for text, alone in code(path):
            call = CALL.fullmatch(text)
            if call and (alone or path.name != HISTORY):
                yield path.name, *call.groups()
            elif path.name in DEALS_WITH and not alone and " " in text:
                program = DEALS_WITH[path.name]
                if text.split()[0] in flags_of(program):
                    yield path.name, program, text


@pytest.mark.parametrize(("page", "program", "arguments"), [*commands()])
def test_every_command_is_understood(page, program, arguments):
    words = shlex.split(arguments, comments=True)
    if words == ["--help"]:  # which every parser has, and which ends the process
        return
    parser_of(program).parse_args(words)
    flags = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert flags <= flags_of(program)[words[0]]  # in full: a parser takes the beginning of a flag, too


def test_every_flag_that_stands_alone_is_a_flag_of_some_command():
    known = {
        flag for program in ("minicnn", "keras_ref", "benchmarks") for own in flags_of(program).values() for flag in own
    }
    found = [text.split()[0] for path in PAGES if path.name != HISTORY for text, _ in code(path) if text[:2] == "--"]
    assert found and set(found) <= known


def test_the_commands_were_found():
    counts = Counter(program for _, program, _ in commands())
    assert counts["minicnn"] >= 12 and counts["keras_ref"] >= 14 and counts["benchmarks"] >= 4


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
