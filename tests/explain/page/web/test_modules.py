"""Each module is a true one: it stands alone with what it imports, and nothing that it exports is there for nobody."""

import re
import subprocess

import pytest

from minicnn.explain.page.html import MODULES, bundle
from tests.explain.page.modules import WEB, Board, Lab, node

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


def declared(text):
    """List what a text declares outside its functions, imports aside: every line that begins a statement."""
    names = []
    for line in re.sub(r"^import .*?;\n", "", text, flags=re.M | re.S).splitlines():
        found = re.match(
            r"(?:export )?(?:(?:async )?function\*? |class |(?:const|let|var) )(\w+|[\[{].*?[\]}] =)", line
        )
        if found:
            names += re.findall(r"(\w+)(?=\s*[,\]}=]|$)", found[1])
        else:
            assert not line or line[0] in " }])/`" or re.match(r"if \(|for \(|await ", line), f"not understood: {line}"
    return names


def test_what_is_declared_is_found():
    """By a text with every kind of declaration, and those inside, which are none of the module's."""
    text = """import { far } from "./other.js";
export const a = 1;
let b;
var c = 2;
const [d, e] = [1, 2];
const { f, g: h, ...i } = both;
export async function j(x, y) {
  const inside = 1;
}
function* k() {}
class L {
  m() {}
}
"""
    assert declared(text) == [*"abcdefhijkL"]


def test_no_two_modules_have_one_name():
    """In the page they are one module, which no browser reads where a name is declared twice."""
    owners = {}
    for module, text in TEXTS.items():
        for name in declared(text):
            assert name not in owners, f"{name} stands in {owners[name]}.js and in {module}.js"
            owners[name] = module
    assert len(owners) > 300


def test_node_reads_the_bundle_as_the_page_does(tmp_path):
    """The whole of it, poured together: a name declared twice, or one exported still, is a fault of its syntax."""
    file = tmp_path / "bundle.mjs"
    file.write_text(bundle(), encoding="utf-8")
    checked = subprocess.run([node(), "--check", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    file.write_text(bundle() + "\nconst MODULES_NAME = 1;\nfunction MODULES_NAME() {}\n", encoding="utf-8")
    assert "already been declared" in subprocess.run([node(), "--check", file], capture_output=True, text=True).stderr
    assert not re.search(r"^(import|export) ", bundle(), re.M)


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
