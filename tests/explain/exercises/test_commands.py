"""The commands: `exercise` lists and writes, `check` tells what is wrong and ends with 1, and what comes next."""

import pytest

from minicnn.app.cli import main
from minicnn.explain.exercises import EXERCISES


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_exercise_lists_them(capsys):
    assert main(["exercise"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(EXERCISES)]] == list(EXERCISES)
    assert max(map(len, lines)) <= 88


def test_from_the_empty_file_to_what_is_right(folder, capsys):
    assert main(["exercise", "output_size"]) == 0
    assert "minicnn check output_size.py" in capsys.readouterr().out
    assert main(["check", "output_size.py"]) == 1
    assert "it is still empty" in capsys.readouterr().out
    file = folder / "output_size.py"
    empty = file.read_text()
    head, _, _ = empty.rpartition("    raise NotImplementedError")
    file.write_text(f"{head}    return (size + pad - k) // s\n")
    assert main(["check", "output_size.py"]) == 1
    out = capsys.readouterr().out
    assert "output_size: the first place is not counted: + 1.\n" in out
    assert "size = 1, k = 1, s = 1, pad = 0" in out and "expected output = 1, yours 0" in out
    file.write_text(f"{head}    return (size + pad - k) // s + 1\n")
    assert main(["check", "output_size.py"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("output_size is right.\n") and out.endswith("Next: minicnn exercise same_pads\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["exercise", "conv3d"], "`name` must be one of output_size, "),
        (["exercise", "relu", "-o", "taken.py"], "taken.py is there already"),
        (["check", "none.py"], "none.py: there is no such file."),
        (["check", "taken.py"], "taken.py holds none of the exercises' functions"),
        (
            ["check", "taken.py", "--limit", "0"],
            "`limit` must be a number, positive and at most 8.64e+04. Received: limit=0.0.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(folder, capsys, arguments, sentence):
    (folder / "taken.py").write_text("x = 1\n")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said and len(said.strip().splitlines()) == 1
