"""Would the suite notice? Draw small wrong edits in one room of the house, and see which of them no test sees.

    python tests/mutate.py metrics --seed 1 --count 30            run the room's tests against 30 edits
    python tests/mutate.py kernels --file winograd --count 10     edits of some of its files alone
    python tests/mutate.py training --lines                       show what would be drawn, run nothing
    python tests/mutate.py layers --survivors left.json           keep what survived, to read

The edits are drawn by a seed from general operators (mutations.py beside this file holds them). They are made in a copy
of the checkout, never in the checkout. A parent process imports what takes long (TensorFlow, Numba, pytest) and nothing
of ours; every edit gets a forked child, which imports the copy and runs the tests, the nearest first, up to the first
that fails. That test is then run without the edit: one that fails anyway has noticed nothing, and is left out.

An edit that changes nothing that anybody could see goes, by hand and with its reason, into equivalents.txt, and out of
the sum.
"""

import argparse
import contextlib
import fnmatch
import importlib
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import mutations

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "pytest",
    "hypothesis",
    "hypothesis.extra.numpy",
    "numba",
    "h5py",
    "PIL.Image",
    "rich.console",
    "tensorflow",
    "keras",
)
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "*.egg-info", "build")
MEMORY = 10 << 30  # bytes a child may write to: an edit can ask for a terabyte

# A room's files are those of its folder, at any depth; where its tests are. One of these is looked at by one run.
TESTS = {
    "reference": "tests/reference tests/kernels tests/layers",
    "kernels": "tests/kernels tests/layers tests/execution",
    "initializers": "tests/initializers tests/layers tests/models",
    "layers": "tests/layers tests/models tests/execution tests/files",
    "losses": "tests/losses tests/training tests/models tests/layers",
    "optimizers": "tests/optimizers tests/training tests/models tests/kernels tests/files",
    "metrics": "tests/metrics tests/training tests/models tests/app",
    "callbacks": "tests/callbacks tests/training tests/models tests/app",
    "training": "tests/training tests/models tests/callbacks tests/app",
    "execution": "tests/execution tests/models tests/layers",
    "models": "tests/models tests/training tests/layers tests/files tests/test_readme.py",
    "data": "tests/data tests/app tests/test_classifier_json.py",
    "files": "tests/files tests/models tests/test_classifier_json.py",
    "explain": "tests/explain",
    "utils": "tests/utils",
    "app": "tests/app tests/test_classifier_json.py tests/test_readme.py tests/explain",
    "root": "tests/test_arguments.py tests/test_regularizers.py tests/test_imports.py tests/test_docstrings.py "
    "tests/layers tests/optimizers tests/training tests/models",
    "keras_ref": "tests/keras_ref tests/test_classifier_json.py",
    "benchmarks": "tests/benchmarks",
}
PACKAGES = ("keras_ref", "benchmarks")  # the other rooms are minicnn's; "root" is its files that lie in no folder


def main(arguments=None):
    """Read the command line, draw, run, and print the table."""
    parser = argparse.ArgumentParser(prog="python tests/mutate.py", description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="+", choices=TESTS, metavar="ROOM", help=", ".join(TESTS))
    parser.add_argument("--seed", type=int, default=1, help="of the drawing")
    parser.add_argument("--count", type=int, default=30, help="edits a room")
    parser.add_argument("--file", default="", help="only files whose path holds this text")
    parser.add_argument("--tests", nargs="+", metavar="PATH", help="instead of the room's own, in this order")
    parser.add_argument("--lines", action="store_true", help="show the edits, run nothing")
    parser.add_argument("--survivors", type=Path, metavar="JSON", help="write what survived here")
    parser.add_argument("--patience", type=int, default=240, help="seconds that one test may take")
    asked = parser.parse_args(arguments)
    drawn = {room: draw(room, asked.seed, asked.count, asked.file) for room in asked.rooms}
    if asked.lines:
        for edit in (edit for edits in drawn.values() for edit in edits):
            print(edit)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the copy is taken away
    left, totals = [], []
    with Workshop(asked.patience) as workshop:
        for room, edits in drawn.items():
            print(f"\n{room}, seed {asked.seed}", flush=True)
            survivors, total = judge(workshop, edits, asked.tests or TESTS[room].split())
            left += survivors
            totals.append(f"{room}: {total}")
    print("\n" + "\n".join(totals))
    if asked.survivors:
        asked.survivors.write_text(json.dumps([vars(edit) for edit in left], indent=1) + "\n")


def draw(room, seed, count, part=""):
    """Draw `count` edits of a room, at most one a line."""
    edits = [
        edit
        for path in files_of_room(room)
        if part in str(path.relative_to(ROOT))
        for edit in mutations.edits(ROOT, path)
    ]
    random.Random(seed).shuffle(edits)
    chosen = {}
    for edit in edits:
        if len(chosen) < count:
            chosen.setdefault((edit.path, edit.line), edit)
    return sorted(chosen.values(), key=lambda edit: (edit.path, edit.line))


def files_of_room(room):
    """List the sources of a room: Python, and the page's JavaScript."""
    if room == "root":
        return sorted((ROOT / "minicnn").glob("*.py"))
    folder = ROOT / room if room in PACKAGES else ROOT / "minicnn" / room
    return sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".js"))


def judge(workshop, edits, tests):
    """Run the tests against every edit, print a line for each; return the survivors and the sum."""
    equivalent, survivors, killed = known_equivalents(), [], 0
    for edit in edits:
        reason = equivalent.get((edit.path, edit.before, edit.after))
        start = time.monotonic()
        killer = None if reason else workshop.killer(edit, tests)
        killed += killer is not None
        if reason is None and killer is None:
            survivors.append(edit)
        fate = f"equivalent: {reason}" if reason else killer.replace("\t", " ") if killer else "SURVIVED"
        print(f"{edit} | {fate} ({time.monotonic() - start:.0f} s)", flush=True)
    counted = killed + len(survivors)
    return survivors, (
        f"{killed} of {counted} killed ({killed / max(counted, 1):.0%}), {len(survivors)} survived, "
        f"{len(edits) - counted} equivalent"
    )


def known_equivalents():
    """Read equivalents.txt: (file, old line, new line) -> reason."""
    lines = (Path(__file__).parent / "equivalents.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return {(path.partition(":")[0], before, after): reason for path, before, after, reason in rows}


class Workshop:
    """The copy of the checkout, and the parent of the children that run tests in it."""

    def __init__(self, patience):
        self.patience = patience
        self.broken = []  # tests that fail without any edit
        self.passing = set()

    def __enter__(self):
        os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = True  # an edit may keep a file's length and its second
        for name in HEAVY:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        self.folder = Path(tempfile.mkdtemp(prefix="minicnn-mutate-"))
        self.copy = self.folder / "checkout"
        shutil.copytree(ROOT, self.copy, ignore=LEFT_BEHIND)
        sys.path[:] = [str(self.copy), *(path for path in sys.path if Path(path or ".").resolve() not in HOME)]
        os.environ["PYTHONPATH"] = str(self.copy)
        self.compiled = self._folder_of_compiled()
        os.environ["NUMBA_CACHE_DIR"] = str(self.folder / "cache")
        return self

    def __exit__(self, *problem):
        shutil.rmtree(self.folder, ignore_errors=True)

    def killer(self, edit, tests):
        """Name the first test that fails with an edit and passes without, or None."""
        path = self.copy / edit.path
        original = path.read_bytes()
        path.write_text(edit.text, encoding="utf-8")
        try:
            for group in nearest_first(tests, edit.path):
                while failed := self._first_failure(group, edit.path):
                    path.write_bytes(original)
                    if self._passes(failed):
                        return failed
                    path.write_text(edit.text, encoding="utf-8")
        finally:
            path.write_bytes(original)
        return None

    def _passes(self, failed):
        """Tell whether a test passes without any edit; one that doesn't is left out from now on."""
        test, _, how = failed.partition("\t")
        if test in self.passing or "::" not in test:  # a file that cannot be imported with the edit
            return True
        if self._first_failure([test], None):
            print(f"(fails without any edit, left out: {test} {how})", flush=True)
            self.broken.append(test)
            return False
        self.passing.add(test)
        return True

    def _first_failure(self, tests, edited):
        """Run tests in a forked child; name the one that failed, or None."""
        tests = [test for test in tests if (self.copy / test.partition("::")[0]).exists()]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.close(reading)
                code = self._run(tests, edited, os.fdopen(writing, "w", buffering=1))
            finally:
                os._exit(code)
        os.close(writing)
        told, hung = self._listen(reading, child)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # and whatever it started
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        failures = [line[5:] for line in told if line.startswith("fail ")]
        begun = next((line[6:] for line in reversed(told) if line.startswith("start ")), "tests")
        if failures or code in (0, 5):
            return failures[0] if failures else None
        return f"{begun}\t{'hangs' if hung else f'ends with code {code}'}"

    def _listen(self, reading, child):
        """Collect what a child tells, up to its end or to a test that takes too long."""
        text = b""
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            while select.select([pipe], [], [], self.patience)[0]:
                more = pipe.read(65536)
                if not more:
                    return text.decode().splitlines(), False
                text += more
        return text.decode().splitlines(), True

    def _run(self, tests, edited, telling):
        """Be the child."""
        import pytest

        class Teller:
            def pytest_runtest_logstart(self, nodeid):
                telling.write(f"start {nodeid}\n")

            def pytest_runtest_logreport(self, report):
                if report.failed:
                    telling.write(f"fail {report.nodeid}\n")

            def pytest_collectreport(self, report):
                if report.failed:
                    telling.write(f"fail {report.nodeid or 'tests'}\n")

        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.chdir(self.copy)
        os.environ["TMPDIR"] = str(self.folder)
        tempfile.tempdir = None
        output = os.open(self.folder / "output.txt", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        self._take_compiled(edited)
        left_out = [f"--deselect={test}" for test in self.broken]
        return int(
            pytest.main(
                [
                    "-x",
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    "-p",
                    "no:xdist",
                    "-W",
                    "ignore::pytest.PytestAssertRewriteWarning",
                    *left_out,
                    *tests,
                ],
                plugins=[Teller()],
            )
        )

    def _folder_of_compiled(self):
        """Ask a child where the checkout's compiled kernels lie."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                jit = importlib.import_module("minicnn.kernels.machine.disk_cache")
                os.write(writing, str(jit.CACHE_FOLDER).encode())
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        with os.fdopen(reading) as pipe:
            return Path(pipe.read())

    def _take_compiled(self, edited):
        """Give the copy the checkout's compiled kernels, but those whose file imports the edited one.

        The cache's folder is named by a hash of all kernels: without this every edit would compile all of them.
        """
        with contextlib.suppress(Exception):  # an edit that cannot be imported: the tests will say so
            target = Path(importlib.import_module("minicnn.kernels.machine.disk_cache").CACHE_FOLDER)
            stale = importers(self.copy, edited)
            for path in self.compiled.glob("*.nbc"):
                if (
                    stale.isdisjoint(path.name.split(".")) and not (target / path.name).exists()
                ):  # "relu._forward-13..."
                    with contextlib.suppress(FileExistsError):
                        os.link(path, target / path.name) if same_disk(path, target) else shutil.copy2(path, target)


HOME = (ROOT, ROOT / "tests")


def same_disk(path, folder):
    """Tell whether a file can be linked into a folder."""
    return path.stat().st_dev == folder.stat().st_dev


def importers(root, edited):
    """Return the stems of the kernels that import an edited file of kernels/, at any remove, and its own."""
    stale = {Path(edited).stem} if edited and edited.startswith("minicnn/kernels/") else set()
    files = {path.stem: mutations.imported_names(path) for path in (root / "minicnn" / "kernels").rglob("*.py")}
    while more := {stem for stem, names in files.items() if stem not in stale and names & stale}:
        stale |= more
    return stale


def nearest_first(tests, edited):
    """Split tests into groups: files named like the edited one, files that speak of it, the others."""
    stem = Path(edited).stem
    groups = [], [], []
    for path in (path for test in tests for path in files_of(test)):
        text = (ROOT / path).read_text(encoding="utf-8")
        distance = 0 if stem in Path(path).stem else 1 if stem in text else 2
        if not any(path in group for group in groups):
            groups[distance].append(path)
    return [group for group in groups if group]


def files_of(test):
    """Return the test files of a folder, or the one that is named."""
    if (ROOT / test).is_dir():
        found = (ROOT / test).rglob("*.py")
        return sorted(str(path.relative_to(ROOT)) for path in found if fnmatch.fnmatch(path.name, "test_*.py"))
    return [test]


if __name__ == "__main__":
    main()
