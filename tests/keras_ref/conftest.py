"""Drawn pictures and one small run that the tests of keras_ref share. Nothing here needs the network."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_ref.commands import main
from keras_ref.model import classifier
from tests.keras_ref import small
from tests.processes import PATIENCE

SIZE = 71  # the smallest picture that Xception takes
CHECKOUT = Path(__file__).resolve().parents[2]
THEIRS = (
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::UserWarning:keras",
    "ignore:Even though the `tf.config.experimental_run_functions_eagerly`:UserWarning",  # tf.data goes on as ever
)


def pytest_collection_modifyitems(items):
    """Let TensorFlow and Keras warn of their own doings: everywhere else warnings are errors."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for kind in THEIRS:
                item.add_marker(pytest.mark.filterwarnings(kind))


def draw(root, splits=None, classes=("blue", "green", "red"), seed=0):
    """Draw noisy pictures of one colour each, of many sizes: {split: pictures a class}."""
    random = np.random.default_rng(seed)
    for split, count in (splits or {"train": 8, "validation": 4, "test": 3}).items():
        for i, name in enumerate(classes):
            where = root / split / name
            where.mkdir(parents=True)
            for k in range(count):
                picture = random.integers(0, 90, (70 + 9 * k, max(100 - 7 * k, 20 + k), 3), dtype=np.uint8)
                picture[..., (2 - i) % 3] += 130
                Image.fromarray(picture).save(where / f"{k}.jpg", quality=92)
    return root


@pytest.fixture(autouse=True)
def _eager(request):
    """Let what is not marked `traced` run without being traced: for a small net and a few steps that takes longer.

    What a process of its own trains (test_production.py), and the run that the tests share, is traced as users' runs.
    """
    if request.node.get_closest_marker("traced"):
        yield
        return
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="session", autouse=True)
def _small_base():
    """Let a small base stand for Xception; a test about Xception itself asks for `xception`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "xception", small.base)
        yield


@pytest.fixture
def xception(monkeypatch):
    """Let this test build the real Xception."""
    monkeypatch.setattr(classifier, "xception", small.xception)


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory, monkeypatch):
    """Keep stored vectors out of the user's cache."""
    monkeypatch.setenv("MINICNN_VECTORS", str(tmp_path_factory.getbasetemp() / "vectors"))


@pytest.fixture(scope="session")
def clothes(tmp_path_factory):
    """Return a drawn data folder with train, validation and test."""
    return draw(tmp_path_factory.mktemp("drawn") / "clothes")


SETTINGS = ("--weights", "none", "--size", SIZE, "--epochs", 2, "--inner", 8, "--dropout", 0.2, "--batch-size", 8)


def train(data, out, *settings):
    """Run the command `train`; return the run's folder."""
    arguments = ["train", data, *SETTINGS, "--out", out, "--cache", out.parent / "vectors", *settings]
    assert main(list(map(str, arguments))) == 0
    return out


@pytest.fixture(scope="session")
def trained(clothes, tmp_path_factory, _small_base):
    """Return the folder of a finished run with a frozen, random base."""
    return train(clothes, tmp_path_factory.mktemp("runs") / "trained", "--lr", "0.01", "--epochs", "6")


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Return run(*arguments, code=0): a command of keras_ref in a folder of its own; what it printed, .out and .err."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        capsys.readouterr()
        assert main(list(map(str, arguments))) == code, capsys.readouterr()
        return capsys.readouterr()

    run.rest = capsys.readouterr  # what was printed since
    return run


@pytest.fixture
def shell(tmp_path):
    """Return run(*arguments): `python -m keras_ref ...` as a user would, outside the checkout; .stdout, .stderr."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "keras_ref", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), "COLUMNS": "160"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def refused(capsys):
    """Return check(arguments, *words): the command ends with code 2 and one sentence that holds every word."""

    def check(arguments, *words):
        capsys.readouterr()
        assert main([str(a) for a in arguments]) == 2
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1, captured.err
        for word in words:
            assert str(word) in captured.err, captured.err
        return captured.err

    return check
