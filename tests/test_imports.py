"""Who may import whom, read from the sources: each part knows only what lies below it, and there is no circle."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn

ROOT = Path(__file__).parents[1]

# From the ground up: what each room of minicnn may import. numpy, the standard library, types.py, arguments.py and
# elsewhere.py are free to all. The rows are those of the design that the house was drawn by; where one says more or
# less than that did, .github/CONTRIBUTING.md ("Imports") says why.
BELOW = {
    "types": set(),
    "arguments": set(),
    "elsewhere": set(),
    "regularizers": set(),
    "constraints": set(),
    "reference": set(),
    "initializers": set(),
    "metrics": set(),
    "files": {"h5py"},
    "kernels": {"numba", "llvmlite"},
    "data": {"PIL", "files"},
    "losses": {"kernels"},
    "optimizers": {"kernels"},
    "callbacks": {"files"},
    "layers": {"kernels", "reference", "initializers", "regularizers", "constraints"},
    "execution": {"layers", "kernels"},
    "training": {"losses", "optimizers", "metrics", "callbacks", "kernels", "rich"},
    "models": {"training", "execution", "layers", "losses", "optimizers", "files"},
    "utils": {"data", "files", "layers", "initializers"},
    "explain": {"models", "layers", "losses", "reference", "kernels", "data", "files"},
}
OUTSIDE = {"numba", "llvmlite", "PIL", "h5py", "rich"}
OURS = {*BELOW}
BELOW |= {"app": OURS | {"PIL", "starlette", "uvicorn", "python_multipart"}, "__init__": OURS, "__main__": {"app"}}

# Libraries that a room takes in one place alone.
AT_ONE_PLACE = {
    "h5py": "files/hdf5/writer.py",  # to read, none is needed
    "llvmlite": "kernels/machine",
    "rich": "training/progress.py",
    "starlette": "app/serve",
    "uvicorn": "app/serve",
    "python_multipart": "app/serve",
}

# The same for keras_ref's rooms and its one file that is none. types.py is free to all.
KERAS_REF_BELOW = {
    "types": set(),
    "runtime": set(),
    "config": {"runtime"},
    "pictures": {"config", "runtime"},
    "results": {"config", "pictures", "runtime"},
    "model": {"config", "pictures", "runtime"},
    "doctor": {"config", "model", "pictures", "runtime"},
    "features": {"model", "pictures", "runtime"},
    "predict": {"model", "pictures", "runtime"},
    "evaluate": {"model", "pictures", "predict", "results", "runtime"},
    "export": {"evaluate", "model", "predict", "runtime"},
    "runs": {"config", "model", "runtime"},
    "train": {"config", "features", "model", "pictures", "results", "runs", "runtime"},
    "sweep": {"config", "model", "pictures", "predict", "results", "runs", "runtime", "train"},
    "course": {"config", "evaluate", "model", "pictures", "predict", "results", "runtime", "train"},
}
KERAS_REF_BELOW |= {"commands": set(KERAS_REF_BELOW) - {"types"}, "__main__": {"commands"}, "__init__": set()}

# The other packages: what they may take of minicnn, and which libraries beside numpy and the standard library.
KERAS_REF = {"data", "files", "metrics"}  # which load no Numba and, to read, no h5py
KERAS_REF_LIBRARIES = {"tensorflow", "keras", "PIL", "matplotlib", "rich", "onnxruntime"}  # Ray is loaded by name
BENCHMARKS = {"__init__", "app", "data", "explain", "files", "kernels", "layers", "models", "reference"}
BENCHMARKS_LIBRARIES = {"numba", "llvmlite", "PIL", "h5py", "matplotlib", "rich"}
ENGINES = {"tensorflow", "keras", "torch", "onnx", "onnxruntime"}  # the peers of benchmarks


def sources(package):
    """Return every Python file of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(path):
    """Yield the dotted name of everything that a file imports, wherever in the file; relative names in full."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*base, node.module) if node.module else base)
            # `from . import kernels` means a module, `from .kernels import jit` may
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part_of(name):
    """Find the part of minicnn that a dotted name lies in ("minicnn.kernels.tile" -> "kernels"), or the library."""
    top, _, rest = name.partition(".")
    if top != "minicnn":
        return top
    stem = rest.partition(".")[0] or "__init__"
    return stem if stem in BELOW else "__init__"


def part_of_file(path):
    """Return the part that a file of minicnn is written in."""
    return path.relative_to(ROOT / "minicnn").parts[0].removesuffix(".py")


def free(name):
    """Tell whether all may import it."""
    return name in ("numpy", "types", "arguments", "elsewhere") or name in sys.stdlib_module_names


@pytest.mark.parametrize("path", sources("minicnn"), ids=lambda path: str(path.relative_to(ROOT)))
def test_minicnn(path):
    here = part_of_file(path)
    assert here in BELOW, f"{here} is a new part: say in BELOW what it may import"
    others = {part_of(name) for name in imported(path)} - {here}
    above = {name for name in others if not free(name)} - BELOW[here]
    assert not above, f"{here} may import {sorted(BELOW[here])}, numpy and the standard library, not {sorted(above)}"


def test_the_table_allows_nothing_that_nobody_uses():
    used = {here: set() for here in BELOW}
    for path in sources("minicnn"):
        used[part_of_file(path)] |= {part_of(name) for name in imported(path)}
    # the command line and the package's own front may take any room
    spare = {here: BELOW[here] - used[here] - (OURS if here in ("app", "__init__") else set()) for here in BELOW}
    assert not any(spare.values()), {here: names for here, names in spare.items() if names}


@pytest.mark.parametrize("library", AT_ONE_PLACE)
def test_a_library_is_taken_at_one_place_alone(library):
    place = ROOT / "minicnn" / AT_ONE_PLACE[library]
    takers = {path for path in sources("minicnn") if library in map(part_of, imported(path))}
    assert takers and all(path == place or place in path.parents for path in takers), takers


# What a room takes from inside another, beside what that one's `__init__` offers. The list only shrinks.
INSIDE: dict[str, set[str]] = {}
ROOMS, KERAS_REF_ROOMS = (
    {path.parent.name for path in (ROOT / package).glob("*/__init__.py")} for package in ("minicnn", "keras_ref")
)


def taken_from_inside(path, offers, owner="minicnn", rooms=ROOMS):
    """Yield what a file takes of a package's other rooms and what their fronts do not offer ("kernels.machine.jit").

    `from ..kernels import x` must find x in `kernels.__all__`; so must `kernels.x` after `from .. import kernels`.
    """
    here, fronts = path.relative_to(ROOT).parts[:2], set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name in imported(path):
        package, room, *inner = [*name.split("."), "", ""]
        if package != owner or room not in rooms or here == (package, room):
            continue
        inner = [part for part in inner if part]
        if not inner:
            fronts.add(room)
        elif len(inner) > 1 or inner[0] not in offers(room):
            yield ".".join((room, *inner))
    names = (alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names)
    called = {alias.asname or alias.name: alias.name for alias in names if alias.name in fronts}
    for node in ast.walk(tree):
        used = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called
        if used and node.attr not in offers(called[node.value.id]):
            yield f"{called[node.value.id]}.{node.attr}"


def offers(room, package="minicnn"):
    """Return the names that a room's `__init__` offers to others."""
    return getattr(importlib.import_module(f"{package}.{room}"), "__all__", ())


@pytest.mark.parametrize("owner", [*sorted(ROOMS), "keras_ref", "benchmarks"])
def test_rooms_use_each_others_fronts_alone(owner):
    package = owner if owner in ("keras_ref", "benchmarks") else f"minicnn/{owner}"
    taken = {name: path for path in sources(package) for name in taken_from_inside(path, offers)}
    allowed = INSIDE.get(owner, set())
    for name in taken.keys() - allowed:
        room, _, inner = name.partition(".")
        raise AssertionError(
            f"{taken[name].relative_to(ROOT)} reaches inside minicnn.{room} for {inner}: let its __init__ offer it"
        )
    assert not allowed - taken.keys(), f"no longer used by {owner}: take them out of INSIDE"


@pytest.mark.parametrize("path", sources("keras_ref"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_of_keras_ref(path):
    """It knows only what lies below it, and of that only the fronts."""
    here = path.relative_to(ROOT / "keras_ref").parts[0].removesuffix(".py")
    assert here in KERAS_REF_BELOW, f"{here} is a new part: say in KERAS_REF_BELOW what it may import"
    others = {name.split(".")[1] for name in imported(path) if name.startswith("keras_ref.")}
    above = others - KERAS_REF_BELOW[here] - {here, "types"}
    assert not above, f"{here} may import {sorted(KERAS_REF_BELOW[here])}, not {sorted(above)}"
    inside = {*taken_from_inside(path, lambda room: offers(room, "keras_ref"), "keras_ref", KERAS_REF_ROOMS)}
    assert not inside, f"{path.relative_to(ROOT)} reaches for {sorted(inside)}: let the room's __init__ offer it"


def test_keras_refs_table_allows_nothing_that_nobody_uses():
    used = {here: set() for here in KERAS_REF_BELOW}
    for path in sources("keras_ref"):
        names = {name.split(".")[1] for name in imported(path) if name.startswith("keras_ref.")}
        used[path.relative_to(ROOT / "keras_ref").parts[0].removesuffix(".py")] |= names
    spare = {here: below - used[here] for here, below in KERAS_REF_BELOW.items()}
    assert not any(spare.values()), {here: names for here, names in spare.items() if names}


def test_the_reader_of_fronts_sees_every_kind_of_reach(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    page = tmp_path / "minicnn" / "layers" / "page.py"
    page.parent.mkdir(parents=True)
    page.write_text(
        "from .. import kernels\nfrom ..kernels import relu_forward, machine\nfrom ..losses.lookup import get\n"
        "import minicnn.models.graph\nimport minicnn.losses\nfrom .base import Layer\nfrom . import frame\n"
        "from ..types import Array\nfrom minicnn.layers.dense import Dense\nfrom .. import callbacks as calls\n"
        "def late(x):\n    kernels.relu_forward(x); kernels.team.run(x)\n    from minicnn.files.hdf5 import bytes\n"
        "    callbacks = calls.once(x); callbacks.count\n"
    )
    reached = set(taken_from_inside(page, lambda room: {"kernels": ["relu_forward"]}.get(room, ())))
    inner = {"kernels.machine", "losses.lookup.get", "models.graph", "kernels.team", "files.hdf5.bytes"}
    assert reached == inner | {"callbacks.once"}


@pytest.mark.parametrize("table", [BELOW, KERAS_REF_BELOW], ids=["minicnn", "keras_ref"])
def test_there_is_no_circle(table):
    """The table's parts can be put in an order in which each stands after all that it imports."""
    left = {part: below - OUTSIDE for part, below in table.items()}
    while left:
        ready = {part for part, below in left.items() if not below & left.keys()}
        assert ready, f"a circle among {sorted(left)}"
        left = {part: below for part, below in left.items() if part not in ready}


def taken_by(path):
    """Return what a file of another package takes of minicnn (`types` and `arguments` too), and which libraries."""
    own = path.relative_to(ROOT).parts[0]
    others = [name for name in imported(path) if name.partition(".")[0] != own]
    ours = {part_of(name) for name in others if name.partition(".")[0] == "minicnn"}
    tops = {part_of(name) for name in others if name.partition(".")[0] != "minicnn"}
    return ours, {name for name in tops if name != "numpy" and name not in sys.stdlib_module_names}


@pytest.mark.parametrize("path", sources("keras_ref"), ids=lambda path: str(path.relative_to(ROOT)))
def test_keras_ref(path):
    ours, libraries = taken_by(path)
    assert ours <= KERAS_REF and libraries <= KERAS_REF_LIBRARIES


@pytest.mark.parametrize("path", sources("benchmarks"), ids=lambda path: str(path.relative_to(ROOT)))
def test_benchmarks(path):
    """A peer is imported by its engine in peers/, or in a process of its own, in children/."""
    ours, libraries = taken_by(path)
    apart = {"peers", "children"} & set(path.parts)
    assert ours <= BENCHMARKS and libraries <= BENCHMARKS_LIBRARIES | (ENGINES if apart else set())


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("keras_ref", KERAS_REF | KERAS_REF_LIBRARIES),
        ("benchmarks", BENCHMARKS | BENCHMARKS_LIBRARIES | ENGINES),
    ],
)
def test_the_other_packages_are_allowed_nothing_that_they_do_not_use(package, allowed):
    assert not allowed - set().union(*(names for path in sources(package) for names in taken_by(path)))


@pytest.mark.parametrize("package", ["minicnn", "keras_ref", "benchmarks"])
def test_nobody_imports_tests(package):
    for path in sources(package):
        assert not any(name.split(".")[0] == "tests" for name in imported(path)), path


def test_the_reader_sees_every_kind_of_import(tmp_path, monkeypatch):
    """Or else the tests above would pass on anything."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    page = tmp_path / "minicnn" / "layers" / "page.py"
    page.parent.mkdir(parents=True)
    page.write_text(
        "import tensorflow.keras as k\nfrom .. import kernels\nfrom ..models import Model\nfrom . import base\n"
        "def late():\n    from ..files.graph import Graph\n    import minicnn.app.cli\n"
        "    from minicnn import Dense\n"
    )
    names = {"tensorflow", "kernels", "models", "layers", "files", "app", "__init__"}
    assert {part_of(name) for name in imported(page)} == names and part_of_file(page) == "layers"


# ---- names that are loaded when asked for ---------------------------------------------------------------------------


def fresh(code):
    """Run `code` in a fresh process, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_folders_and_files_need_no_compiler():
    """keras_ref reads folders and cards with them: no Numba, no TensorFlow, and to read no h5py."""
    code = "import sys, minicnn.data, minicnn.files, minicnn.metrics; print([m for m in {!r} if m in sys.modules])"
    assert fresh(code.format(("numba", "llvmlite", "h5py", "tensorflow", "minicnn.kernels"))) == "[]"


def test_rooms_are_attributes_of_the_package():
    code = "import minicnn; print(minicnn.explain.trace.__module__, minicnn.losses.__name__, len(minicnn.__version__))"
    assert fresh(code) == "minicnn.explain.terms.trace minicnn.losses 5"


def test_every_public_name_is_what_a_type_checker_sees():
    tree = ast.parse((ROOT / "minicnn" / "__init__.py").read_text(encoding="utf-8"))
    # `if TYPE_CHECKING:` holds the imports, `if not TYPE_CHECKING:` what finds them when they are asked for
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert sorted(seen) == sorted(minicnn.__all__) and {*minicnn.__all__, "__version__"} <= set(dir(minicnn))
    for name, home in seen.items():
        module = importlib.import_module(f"minicnn.{home or name}")
        assert getattr(minicnn, name) is (getattr(module, name) if home else module), name
    with pytest.raises(AttributeError, match="module 'minicnn' has no attribute 'Nothing'"):
        minicnn.Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("layers", "Conv2D Dense Input MaxPooling2D"),
        ("models", "Model Sequential load_model"),
        ("losses", "BinaryCrossentropy get"),
        ("optimizers", "Adam SGD get"),
        ("metrics", "Mean get"),
        ("callbacks", "Callback EarlyStopping History"),
        ("initializers", "glorot_uniform"),
        ("regularizers", "L2 l1_l2"),
        ("constraints", "MaxNorm unit_norm"),
        ("utils", "to_categorical load_img"),
    ],
)
def test_modules_stand_where_keras_has_them(module, names):
    """`import minicnn as keras; keras.layers.Dense` and `from minicnn.layers import Dense`, each in a fresh process."""
    first, *_ = names = names.split()
    code = f"import minicnn as keras; it = keras.{module}.{first}; from minicnn.{module} import {', '.join(names)}"
    assert fresh(f"{code}; print(it is {first})") == "True"
