"""The folders of kernels/ are rooms too: other files take of them what their `__init__` names, and nothing else."""

import ast
import importlib
from pathlib import Path

import pytest

from minicnn import kernels

ROOT = Path(kernels.__file__).parent
FOLDERS = ("algorithms", "fused", "machine")


def taken(path):
    """Yield (folder, name) for what a file imports from a folder that is not its own; `from .a.b import c` takes b."""
    own = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(own) + 1:
            folder, *inner = (*own[: len(own) + 1 - node.level], *(node.module or "").split("."))
            if folder in FOLDERS and own[:1] != (folder,):
                yield from ((folder, inner[0] if inner else alias.name) for alias in node.names)


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_take_what_a_front_names(folder):
    front = importlib.import_module(f"minicnn.kernels.{folder}").__all__
    names = {(name, path.name) for path in ROOT.rglob("*.py") for where, name in taken(path) if where == folder}
    assert names and {name for name, _ in names} <= set(front), names


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_front_has_what_it_names(folder):
    front = importlib.import_module(f"minicnn.kernels.{folder}")
    for name in front.__all__:
        assert hasattr(front, name) or importlib.import_module(f"minicnn.kernels.{folder}.{name}")


def test_the_reader_sees_every_kind_of_import(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "algorithms" / "page.py"
    page.parent.mkdir()
    page.write_text(
        "from ..machine import jit, tile\nfrom ..fused.activation import LIMITS\nfrom .direct import taps_of\n"
    )
    assert set(taken(page)) == {("machine", "jit"), ("machine", "tile"), ("fused", "activation")}
    page = tmp_path / "page.py"
    page.write_text("from . import bias\nfrom .algorithms import matmul\nfrom .algorithms.padding import zero_pad\n")
    assert set(taken(page)) == {("algorithms", "matmul"), ("algorithms", "padding")}
