"""The command line: what each command is asked and returns, and that nothing heavy comes before the threads are set."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import results, sections
from benchmarks.cli import main, parser
from benchmarks.commands import COMMANDS, Command

ROOT = Path(__file__).parents[2]


def test_what_a_command_measures_has_a_chapter_and_a_table():
    measuring = [name for name, command in COMMANDS.items() if command.measures]
    assert sorted(measuring) == sorted(results.KINDS) == sorted(sections.TABLES)
    assert [name for name in COMMANDS if name not in measuring] == ["report"]


def test_every_command_has_a_line_of_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = " ".join(capsys.readouterr().out.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.help}" in printed


def test_flags_and_their_defaults(monkeypatch):
    monkeypatch.setenv("CLOTHING_DATASET", "photographs")
    options = parser().parse_args(["layers", "--suite", "E1,E10", "--peers", "keras,", "--conv", "1,6,6,3,4,3"])
    assert (options.suite, options.peers, options.conv) == (["E1", "E10"], ["keras"], ["1,6,6,3,4,3"])
    assert (options.seconds, options.quick, options.threads, options.json) == (0.4, False, None, None)
    options = parser().parse_args(["compare", "old"])
    assert (options.old, options.new, options.nets, options.suite, options.case) == ("old", ".", True, None, "")
    assert parser().parse_args(["memory"]).peers == ["keras", "onnxruntime", "torch"]


def test_the_threads_are_set_before_numpy_and_the_engines_are_imported():
    code = (
        "import sys, benchmarks.cli as cli; cli.parser(); print(sorted({'numpy', 'numba', 'minicnn'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("failed", [0, 1])
def test_figures_are_printed_and_written_and_a_failure_is_the_exit_status(monkeypatch, tmp_path, capsys, failed):
    """Of any command: here one that measures nothing."""
    given = []

    def run(options, threads):
        given.append((options.quick, threads))
        head = {
            "kind": "k",
            "command": f"fuzz {failed}",
            "processor": "P",
            "target": "t",
            "processors": 2,
            "lanes": 16,
            "threads": threads,
            "versions": {},
        }
        row = {"file": "a", "seed": 1, "files": 9, "opened": 4, "refused": 5, "slowest_s": 0.1, "peak_mb": 2.0}
        return results.part("fuzz", head, [row | {"failed": failed}])

    monkeypatch.setattr("benchmarks.machine.set_threads", given.append)
    monkeypatch.setitem(COMMANDS, "fuzz", Command("as if", (), run))
    path = tmp_path / "out.json"
    assert main(["fuzz", "--threads", "3", "--quick", "--json", str(path)]) == failed
    assert given == [3, (True, 3)]
    assert json.loads(path.read_text())["parts"][0]["rows"][0]["files"] == 9
    for command in ("fuzz 2", f"fuzz {failed}"):  # another command's part stays, the same one's is replaced
        (part,) = [each for each in results.read([path]) if each["head"]["command"] == f"fuzz {failed}"]
        other = results.part("fuzz", part["head"] | {"command": command}, [])
        results.write(path, results.joined(results.earlier(path), other))
    assert [(each["head"]["command"], len(each["rows"])) for each in results.read([path])] == [
        ("fuzz 2", 0),
        (f"fuzz {failed}", 0),
    ]
    assert "| a |" in capsys.readouterr().out


def test_the_command_line_says_what_is_wrong(capsys):
    assert main(["layers", "--threads", "0"]) == 2
    assert capsys.readouterr().err == "`--threads` must be at least 1. Received: 0.\n"
    assert main(["layers", "--suite", "E1,E77"]) == 2
    assert "`--suite` must name some of E1" in capsys.readouterr().err


def test_a_file_that_is_no_result_is_refused_before_anything_is_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(COMMANDS, "fuzz", Command("as if", (), lambda options, threads: pytest.fail("measured")))
    monkeypatch.setattr("benchmarks.machine.set_threads", lambda threads: None)
    (tmp_path / "mine.json").write_text("[1, 2]")
    assert main(["fuzz", "--json", str(tmp_path / "mine.json")]) == 2
    assert "mine.json is no result file" in capsys.readouterr().err
    assert (tmp_path / "mine.json").read_text() == "[1, 2]"


def test_another_instruction_set_is_measured_in_a_process_of_its_own(monkeypatch):
    called = []
    monkeypatch.setattr("benchmarks.machine.as_on", lambda isa: {"ISA": isa})
    monkeypatch.setattr(subprocess, "call", lambda command, env: called.append((command[1:], env)) or 7)
    assert main(["memory", "--isa", "avx2", "--threads", "1"]) == 7
    assert called == [(["-m", "benchmarks", "memory", "--isa", "avx2", "--threads", "1"], {"ISA": "avx2"})]
