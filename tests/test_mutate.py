"""The mutation runs: every room has its files and its tests, and what is drawn is an edit of the room."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = [path.parent.name for path in (ROOT / "minicnn").glob("*/__init__.py")]


@pytest.fixture
def mutate(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests"))
    import mutate

    yield mutate
    for name in ("mutate", "mutations"):
        sys.modules.pop(name, None)


def test_every_room_is_there_with_its_files_and_tests(mutate):
    assert sorted(mutate.TESTS) == sorted([*ROOMS, "root", *mutate.PACKAGES])
    for room, tests in mutate.TESTS.items():
        assert mutate.files_of_room(room), room
        for test in tests.split():
            assert (ROOT / test).exists(), f"{room}: {test}"
    assert ROOT / "minicnn" / "kernels" / "machine" / "jit.py" in mutate.files_of_room("kernels")
    assert ROOT / "minicnn" / "explain" / "page" / "web" / "main.js" in mutate.files_of_room("explain")


def test_every_source_may_be_drawn(mutate):
    drawn = {path for room in mutate.TESTS for path in mutate.files_of_room(room)}
    for package in ("minicnn", *mutate.PACKAGES):
        assert {*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.js")} <= drawn
    assert mutate.draw("root", 1, 3, "constraints")


def test_the_same_seed_draws_the_same_edits(mutate):
    first, second, other = (mutate.draw("metrics", seed, 5) for seed in (1, 1, 2))
    assert first == second != other and len(first) == 5
    assert all(edit.path.startswith("minicnn/metrics/") and edit.before != edit.after for edit in first)


def test_an_edit_of_a_kernel_makes_stale_what_imports_it(mutate):
    stale = mutate.importers(ROOT, "minicnn/kernels/algorithms/winograd.py")
    assert {"winograd", "conv2d"} <= stale and "relu" not in stale
    assert mutate.importers(ROOT, "minicnn/layers/relu.py") == set()


def test_every_equivalent_still_stands_in_its_file(mutate):
    """A line that was rewritten takes its equivalents with it."""
    lines = (ROOT / "tests" / "equivalents.txt").read_text(encoding="utf-8").splitlines()
    assert len(mutate.known_equivalents()) == sum(bool(line) and not line.startswith("#") for line in lines)
    for path, before, after in mutate.known_equivalents():
        text = " ".join((ROOT / path).read_text(encoding="utf-8").split())
        assert " ".join(before.split()) in text, f"{path}: {before}"
        assert before != after
