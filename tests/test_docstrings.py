"""The examples in the docstrings run, and every public class and function of the Python interface has one."""

import doctest
import importlib
import inspect
import types
import typing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def has_example(text):
    """Tell whether a text holds an example that is run."""
    return any(">>> " in line and "+SKIP" not in line for line in text.splitlines())


FILES = sorted(path for path in (ROOT / "minicnn").rglob("*.py") if has_example(path.read_text(encoding="utf-8")))

# The rooms whose `__all__` is the Python interface; app and execution are not.
ROOMS = (
    "callbacks constraints data explain explain.exercises explain.lessons explain.page explain.scores explain.spread "
    "explain.terms files initializers kernels layers losses metrics models optimizers reference regularizers training "
    "utils"
).split()


def module_of(path):
    """Import a file of minicnn by its name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def public(room):
    """Yield the name and the value of each class and function that a room offers."""
    module = importlib.import_module(f"minicnn.{room}")
    for name in module.__all__:
        value = getattr(module, name)
        if callable(value) and not isinstance(value, types.ModuleType) and typing.get_origin(value) is None:
            yield name, value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_run(path, tmp_path, monkeypatch):
    module = module_of(path)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said = []
    for example in doctest.DocTestFinder().find(module, module.__name__):
        runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)
    assert runner.tries > 0, f"{path} has examples that the finder doesn't see"


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_an_example(room):
    assert not {name for name, value in public(room) if not has_example(inspect.getdoc(value) or "")}
