"""What the terminal shows, as bytes: of fresh processes that take themselves for a terminal with colours."""

import os
import re
import subprocess
import sys

import pytest

from keras_ref.runtime import console
from tests.keras_ref.conftest import CHECKOUT

LONG = "word 12 " * 30


def shown(code, **environment):
    """Run `code` after `from keras_ref.runtime import console`; return standard output and error."""
    done = subprocess.run(
        [sys.executable, "-c", f"from keras_ref.runtime import console\n{code}"],
        cwd=CHECKOUT,
        env={**os.environ, "COLUMNS": "40", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("how", [{"FORCE_COLOR": "1", "TERM": "xterm-256color"}, {}], ids=["terminal", "pipe"])
def test_lines_are_plain_and_whole(how):
    """Numbers are not coloured, brackets are no markup, and no line is broken where the terminal ends."""
    out, err = shown(f"console.say('3 of [red] 4 {LONG}'); console.note('5 of [red] 6 {LONG}')", **how)
    assert out == f"3 of [red] 4 {LONG}\n" and err == f"5 of [red] 6 {LONG}\n"


def test_on_a_terminal_a_tables_head_is_bold_and_nothing_else():
    code = f"console.table('of [red] 3', ('name', 'count'), [('a 1', 7), ('{LONG.strip()}', 12345)])"
    out, err = shown(code, FORCE_COLOR="1", TERM="xterm-256color")
    title, head, first, second = out.splitlines()
    assert title == "\x1b[1mof [red] 3\x1b[0m" and "\x1b[1m" in head
    assert "\x1b" not in first + second and not err
    assert re.fullmatch(r"a 1 +7", first) and second == f"{LONG.strip()}  12345"


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (("1", "22"), True),
        ((1, 22.5), True),
        (("-1.5%", "1,000"), True),
        (("", "22"), True),
        (("1.2.3", "22"), False),
        (("1 @2", "22"), False),
        (("1", "b2"), False),
        (("nan", "22"), False),
    ],
)
def test_numbers_stand_on_the_right(capsys, cells, right):
    console.table(None, ("a column", "x"), [(cell, "x") for cell in cells])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == "a column  x" and len(rows) == 2
    assert [row[:8] for row in rows] == [str(c).rjust(8) if right else str(c).ljust(8) for c in cells]


def test_a_table_without_rows(capsys):
    console.table("nothing", ("a", "b"), [])
    assert capsys.readouterr().out.split() == ["nothing", "a", "b"]


def test_progress_is_for_a_terminals_error_output_alone():
    code = "with console.progress('steps', 4) as advance:\n    advance()\n    advance(3)\nconsole.say('done')"
    assert shown(code) == ("done\n", "")
    out, err = shown(code, FORCE_COLOR="1", TERM="xterm-256color")
    plain = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", err)
    assert out == "done\n" and re.search(r"steps .*4/4", plain)
    assert err.rstrip("\n").endswith("\x1b[2K")  # and it is wiped away
