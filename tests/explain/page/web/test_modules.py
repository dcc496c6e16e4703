"""Each module is a true one: it stands alone with what it imports, and nothing that it exports is there for nobody."""

import re

import pytest

from minicnn.explain.page.html import MODULES
from tests.explain.page.modules import WEB, Board, Lab

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(WEB.glob("*.js"))}
IMPORT = re.compile(r"^import \{(.*?)\} from \"\./(\w+)\.js\";", re.M | re.S)
ALONE = [name for name in TEXTS if name != "main"]  # which draws the page as soon as it is imported


def imports(text):
    """Yield (name, module) of everything that a module imports."""
    for names, module in IMPORT.findall(text):
        yield from ((name.strip(), module) for name in names.split(",") if name.strip())


def test_all_modules_are_bundled_after_those_that_they_import():
    assert sorted(MODULES) == sorted(TEXTS)
    for name, text in TEXTS.items():
        for _, module in imports(text):
            assert MODULES.index(module) < MODULES.index(name), f"{name} needs {module}"


def test_no_two_modules_have_one_name():
    """In the page they are one module, which no browser reads where a name is declared twice."""
    declared = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.M)
    owners = {}
    for module, text in TEXTS.items():
        for name in declared.findall(text):
            assert owners.setdefault(name, module) == module, f"{name} stands in {owners[name]}.js and in {module}.js"


@pytest.mark.parametrize("name", ALONE)
def test_a_module_is_imported_by_itself(name):
    """In a Node of its own: a name that it uses and does not import cannot come from a neighbour."""
    lab = Lab(names=[name])
    exported = lab.ask(f"Object.keys(lab.{name})")
    lab.close()
    used = {found for text in TEXTS.values() for found, module in imports(text) if module == name}
    assert used <= set(exported) and exported


def test_the_browser_imports_them_too(browser):
    board = Board(browser, ALONE)
    assert board.ask("Object.keys(lab)") == ALONE


def test_what_a_module_exports_is_used_by_another():
    used = {pair for text in TEXTS.values() for pair in imports(text)}
    for name, text in TEXTS.items():
        for exported in re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.M):
            assert (exported, name) in used, f"nobody imports {exported} of {name}.js"


@pytest.mark.parametrize("path", sorted(WEB.glob("*.*")), ids=lambda path: path.name)
def test_lines_are_short_enough_to_read(path):
    """eslint reads the .js alone."""
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 120
