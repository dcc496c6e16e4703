"""The API reference: one command makes it, and every public name is on the page of its room."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import minicnn

pytest.importorskip("pdoc", reason="the extra `docs`")
ROOT = Path(__file__).parents[1]
MODULES = [value for value in (getattr(minicnn, name) for name in minicnn.__all__) if isinstance(value, ModuleType)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Run CONTRIBUTING's command, without keras_ref, whose TensorFlow takes long to import."""
    folder = tmp_path_factory.mktemp("api")
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (arguments,) = re.findall(r"`python -m pdoc -o build/api (.*) keras_ref`", text)
    command = [sys.executable, "-m", "pdoc", "-o", str(folder), *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0 and "Warn" not in done.stderr, done.stderr
    return folder


@pytest.mark.parametrize("room", ["minicnn", "minicnn.training", *(module.__name__ for module in MODULES)])
def test_every_public_name_is_on_its_page(pages, room):
    module = importlib.import_module(room)
    page = (pages / room.replace(".", "/")).with_suffix(".html").read_text(encoding="utf-8")
    for name in getattr(module, "__all__", []):
        value = getattr(module, name)
        if not isinstance(value, ModuleType):  # a module has a page of its own
            assert f'id="{name}"' in page, name
