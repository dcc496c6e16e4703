"""Runs: what a run folder holds, and that an interrupted run ends as an uninterrupted one."""

import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import model, pictures, results, train
from keras_ref.commands import main
from keras_ref.model import card
from keras_ref.runtime import Diverged
from keras_ref.train import epoch as one_epoch
from keras_ref.train import run as one_run
from tests.keras_ref import small
from tests.keras_ref.conftest import CHECKOUT, SIZE, draw

WHOLE_NET = {"size": SIZE, "weights": "none", "augment": "light", "dropout": 0.3, "batch_size": 8, "lr": 0.01}


def _weights(run_folder):
    return card.load_net(run_folder / "final.keras").get_weights()


def test_a_run_folder(trained, clothes):
    names = {path.name for path in trained.iterdir()}
    assert {
        "config.json",
        "split.json",
        "history.csv",
        "timing.json",
        "class_names.json",
        "curves.png",
        "final.keras",
        "state.npz",
    } <= names
    history = results.read_history(trained / "history.csv")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    best, saved = -1, set()
    for row in history:
        if row["val_accuracy"] > best:
            best = row["val_accuracy"]
            saved.add(f"xception_{row['epoch']:02d}_{best:.3f}.keras")
    assert {name for name in names if name.startswith("xception_")} == saved
    assert json.loads((trained / "class_names.json").read_text()) == ["blue", "green", "red"]
    split = json.loads((trained / "split.json").read_text())
    assert (
        len(split["train"]) == 24
        and len(split["validation"]) == 12
        and not any("test/" in name for name in split["validation"])
    )
    assert not any(name.startswith(".") for name in names)


def test_a_checkpoint_gives_the_validation_accuracy_of_its_name(trained, clothes):
    (checkpoint, *_) = sorted(trained.glob("xception_*.keras"))
    net, described, _ = card.load(checkpoint, compiled=True)
    split = pictures.read(clothes).splits["validation"]
    accuracy = net.evaluate(pictures.Pictures(split.files, described.recipe, split.labels, 3).batches(8), verbose=0)[1]
    assert f"{accuracy:.3f}" == checkpoint.stem.split("_")[2]
    assert net.optimizer.learning_rate.numpy() == np.float32(0.01)


@pytest.fixture(scope="module")
def uninterrupted(clothes, tmp_path_factory):
    """Return the folder of three whole epochs through the whole net."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train.new(configs.Config(str(clothes), epochs=3, **WHOLE_NET), out)
    return out


def _flags():
    return [part for name, value in WHOLE_NET.items() for part in ("--" + name.replace("_", "-"), str(value))]


KILLED = """
import os, signal
from keras_ref.runs import state
from tests.keras_ref import small
save = state.save
def save_and_die(*arguments):
    save(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
state.save = save_and_die
small.main()
"""


def test_command_killed_and_resumed_equals_uninterrupted(command, clothes, uninterrupted, tmp_path):
    """kill -9 at the worst moment: the first epoch's state is written, its line in history.csv is not."""
    out = tmp_path / "killed"
    training = [sys.executable, "-c", KILLED, "train", str(clothes), "--epochs", "3", "--out", str(out), *_flags()]
    killed = subprocess.run(training, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    assert (out / "state.npz").exists() and not (out / "history.csv").exists() and not (out / "final.keras").exists()
    done = command("train", "--resume", out)
    assert "Going on after epoch 1 of 3." in done.err and "Best: validation accuracy" in done.out
    assert (out / "history.csv").read_bytes() == (uninterrupted / "history.csv").read_bytes()
    for ours, theirs in zip(_weights(out), _weights(uninterrupted), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_epochs_can_be_added(clothes, uninterrupted, tmp_path):
    out = tmp_path / "longer"
    train.new(configs.Config(str(clothes), epochs=1, **WHOLE_NET), out)
    assert main(["train", "--resume", str(out), "--epochs", "3"]) == 0
    assert (out / "history.csv").read_bytes() == (uninterrupted / "history.csv").read_bytes()


def test_resume_refuses_what_does_not_fit(trained, tmp_path, refused):
    refused(["train", "--resume", tmp_path], "is not a run folder")
    refused(["train", "--resume", trained, "--lr", "0.1"], "leave out --lr")
    other = draw(tmp_path / "other", {"train": 3, "validation": 2})
    refused(["train", other, "--resume", trained], "not those that the run")


def test_a_picture_that_disappeared_is_noticed(tmp_path, refused):
    root = draw(tmp_path / "clothes", {"train": 3, "validation": 2})
    out = tmp_path / "run"
    assert main(["train", str(root), "--size", str(SIZE), "--weights", "none", "--epochs", "1", "--out", str(out)]) == 0
    (root / "train/red/0.jpg").unlink()
    refused(["train", "--resume", out, "--epochs", "2"], "not those that the run")


def test_nothing_is_overwritten(clothes, trained, refused):
    before = {path.name: path.stat().st_mtime_ns for path in trained.iterdir()}
    refused(["train", clothes, "--weights", "none", "--out", trained], "already exists and is not empty")
    assert before == {path.name: path.stat().st_mtime_ns for path in trained.iterdir()}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--lr", "0"], "lr must be a positive number. Received: lr=0.0"),
        (["--lr", "fast"], "must be a number"),
        (["--size", "40"], "size must be a whole number of at least 71"),
        (["--augment", "validation"], "augment must be one of"),
        (["--unfreeze", "most"], "must be a whole number"),
        (["--speed", "9"], "Unrecognized arguments"),
    ],
)
def test_bad_settings(clothes, tmp_path, refused, flags, words):
    refused(["train", clothes, "--weights", "none", "--out", tmp_path / "run", *flags], words)
    assert not (tmp_path / "run").exists()


def test_missing_data(tmp_path, refused):
    refused(["train", tmp_path / "nowhere", "--weights", "none", "--out", tmp_path / "run"], "nowhere does not exist")
    refused(["train"], "needs a data folder, or --resume")
    assert not (tmp_path / "run").exists()


def test_corrupt_pictures_are_named_or_counted(tmp_path, refused, capsys):
    root = draw(tmp_path / "clothes", {"train": 3, "validation": 2})
    bad = root / "validation/red/1.jpg"
    bad.write_text("no picture")
    settings = ["--weights", "none", "--size", SIZE, "--epochs", "1"]
    refused(["train", root, *settings, "--out", tmp_path / "a"], bad, "--skip-corrupt")
    assert main([str(a) for a in ["train", root, *settings, "--out", tmp_path / "b", "--skip-corrupt"]]) == 0
    assert "1 corrupt pictures are left out" in capsys.readouterr().err
    assert json.loads((tmp_path / "b" / "split.json").read_text())["left_out"] == ["validation/red/1.jpg"]
    assert main(["train", "--resume", str(tmp_path / "b"), "--epochs", "2"]) == 0


def test_a_full_disk_keeps_the_last_good_checkpoint(trained, tmp_path, capsys):
    """A limit on the size of a file stands for the full disk: the model no longer fits, the small files do."""
    out = shutil.copytree(trained, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in out.glob("*.keras")}
    state = (out / "state.npz").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    net, described, _ = card.load(out / "final.keras")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        assert main(["train", "--resume", str(out), "--no-cache", "--epochs", "6"]) == 2
        sentence = capsys.readouterr().err.splitlines()[-1]
        assert "can't be written: File too large." in sentence
        with pytest.raises(ValueError, match=r"final\.keras can't be written"):
            card.save(net, out / "final.keras", described)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in out.glob("*.keras")} == before
    assert (out / "state.npz").read_bytes() == state
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_run_that_diverges_keeps_what_was_good(trained, tmp_path, command):
    out = shutil.copytree(trained, tmp_path / "run")
    configs.read(out / "config.json").replace(epochs=9).write(out / "config.json")
    with np.load(out / "state.npz") as state:
        arrays = dict(state)
    np.savez(out / "state.npz", **arrays | {"w0": arrays["w0"] * np.float32(1e38)})  # it overflows in the next epoch
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.name != "run.json"}
    told = command("train", "--resume", out, code=2).err.splitlines()
    assert told[0] == "Going on after epoch 6 of 9." and len(told) == 2
    assert "loss of epoch 7 is not finite with lr=0.01" in told[1] and "smaller lr" in told[1]
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.name != "run.json"} == before


def test_a_run_that_diverges_at_once_leaves_no_model(clothes, tmp_path, refused):
    for more in ([], ["--no-cache"]):
        out = tmp_path / f"run{len(more)}"
        settings = ["--weights", "none", "--size", SIZE, "--lr", "1e38", *more]
        refused(["train", clothes, *settings, "--out", out], "loss of epoch 1 is not finite", "smaller lr")
        assert not list(out.glob("*.keras")) and not (out / "state.npz").exists()


@pytest.mark.parametrize("name", results.COLUMNS[1:])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_one_figure_that_is_not_finite_is_enough(name, value, monkeypatch):
    class Learner:
        optimizer = type("Rate", (), {"learning_rate": 0.1})

        def fit(self, *_, **__):
            figures = {column: [0.5] for column in results.COLUMNS[1:]} | {name: [value]}
            return type("History", (), {"history": figures})

    monkeypatch.setattr(one_epoch.state, "set_dropout", lambda *_: None)
    with pytest.raises(Diverged, match="epoch 3 is not finite with lr=0.1"):
        train.one_epoch(Learner(), None, None, 3, 1)


def _scripted(monkeypatch, accuracies):
    """Let every epoch end with the validation accuracy that stands in the script."""

    def epoch(learner, learn, check, number, *_):
        learner.optimizer.build(learner.trainable_variables)  # as a first step does
        return {"epoch": number, "loss": 1.0, "accuracy": 0.1, "val_loss": 1.0, "val_accuracy": accuracies[number - 1]}

    monkeypatch.setattr(one_run, "one_epoch", epoch)


def test_only_a_better_epoch_is_saved_and_resume_knows_the_best(clothes, tmp_path, monkeypatch):
    _scripted(monkeypatch, [0.5, 0.4, 0.9, 0.7, 0.9, 0.95])
    out, config = tmp_path / "run", configs.Config(str(clothes), size=SIZE, weights="none", epochs=3)
    train.new(config, out)
    assert sorted(path.name for path in out.glob("x*.keras")) == ["xception_01_0.500.keras", "xception_03_0.900.keras"]
    history = train.resume(out, 6)  # after 0.9, neither 0.7 nor a second 0.9 is better
    assert [path.name for path in sorted(out.glob("x*.keras"))][2:] == ["xception_06_0.950.keras"]
    assert results.best(history)["epoch"] == 6 and results.best(history[:5])["epoch"] == 3
    assert results.read_history(out / "history.csv") == history


def _first_loss(config, found, x, weights):
    """Work out the loss of an epoch of one batch by hand: the net's start is known, and nothing has moved yet."""
    net = model.build(config, len(found.class_names)).net
    logits = np.asarray(net(x), np.float64)
    labels = found.splits["train"].labels
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    return (np.array([weights[label] for label in labels]) * losses).mean()


@pytest.fixture
def unequal(tmp_path):
    """Return the path of 6 blue, 6 green and 2 red pictures to learn from."""
    root = draw(tmp_path / "clothes", {"train": 6, "validation": 1})
    for k in range(4):
        (root / f"train/red/{k}.jpg").unlink()
    return root


@pytest.mark.parametrize("store", [None, "store"])
def test_class_weights_reach_fit(unequal, tmp_path, store):
    config = configs.Config(str(unequal), size=SIZE, weights="none", epochs=1, batch_size=14, class_weight="balanced")
    found = pictures.read(unequal)
    split = found.splits["train"]
    ((x, _),) = pictures.Pictures(split.files, pictures.square(SIZE), split.labels, 3).batches(14)
    by_hand = {0: 14 / 18, 1: 14 / 18, 2: 14 / 6}  # each class has the same say, and they are 1 on average
    (row,) = train.new(config, tmp_path / "run", store=store and tmp_path / store)
    assert row["loss"] == pytest.approx(_first_loss(config, found, x, by_hand), rel=1e-5)
    assert row["loss"] != pytest.approx(_first_loss(config, found, x, {0: 1, 1: 1, 2: 1}), rel=1e-2)


@pytest.mark.parametrize("augment", ["none", "light", "course"])
def test_augmented_pictures_reach_the_net(clothes, tmp_path, augment):
    config = configs.Config(str(clothes), size=SIZE, weights="none", epochs=1, batch_size=24, augment=augment, seed=3)
    found = pictures.read(clothes)
    split = found.splits["train"]
    loaded = pictures.Pictures(split.files, pictures.square(SIZE), split.labels, 3)
    order = np.random.default_rng([3, 1]).permutation(24)
    losses = {}
    for name in ("none", "light", "course"):
        ((x, _),) = loaded.training_batches(24, 3, 1, name)
        losses[name] = _first_loss(config, found, x.numpy()[np.argsort(order)], [1, 1, 1])
    assert len({round(loss, 4) for loss in losses.values()}) == 3
    (row,) = train.new(config, tmp_path / "run")
    assert row["loss"] == pytest.approx(losses[augment], rel=1e-5)


def test_everything_learns_from_scratch(clothes, tmp_path):
    """--weights none --unfreeze all: every weight moves, the moving statistics of every normalisation included."""
    config = configs.Config(str(clothes), size=SIZE, weights="none", unfreeze="all", epochs=1, batch_size=12)
    out = tmp_path / "scratch"
    out.mkdir()
    run = one_run.Run(config, pictures.read(clothes), out)
    before = {v.path: v.numpy() for v in run.classifier.net.weights}
    run.train(None, 1)
    still = {v.path for v in run.classifier.net.weights if np.array_equal(before[v.path], v.numpy())}
    assert sum("moving" in path for path in before) == 2 * small.NORMALIZATIONS
    assert not still
