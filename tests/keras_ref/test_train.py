"""Runs: what a run folder holds, and that an interrupted run ends as an uninterrupted one."""

import json
import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

from keras_ref import card, train
from keras_ref import config as configs
from keras_ref.cli import main
from keras_ref.errors import Refusal
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
    history = train.read_history(trained / "history.csv")
    assert [row["epoch"] for row in history] == [1, 2]
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
    from keras_ref import data, folder

    split = folder.read(clothes).splits["validation"]
    accuracy = net.evaluate(data.Pictures(split.paths, described.recipe, split.labels, 3).batches(8), verbose=0)[1]
    assert f"{accuracy:.3f}" == checkpoint.stem.split("_")[2]
    assert net.optimizer.learning_rate.numpy() == np.float32(0.001)


@pytest.fixture(scope="module")
def uninterrupted(clothes, tmp_path_factory):
    """Give the folder of three whole epochs through the whole net."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train.new(configs.Config(str(clothes), epochs=3, **WHOLE_NET), out)
    return out


def _flags():
    return [part for name, value in WHOLE_NET.items() for part in ("--" + name.replace("_", "-"), str(value))]


KILLED = """
import os, signal, sys
from keras_ref import state
from keras_ref.cli import main
save = state.save
def save_and_die(*arguments):
    save(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
state.save = save_and_die
main(sys.argv[1:])
"""


def test_command_killed_and_resumed_equals_uninterrupted(shell, clothes, uninterrupted, tmp_path):
    """kill -9 at the worst moment: the first epoch's state is written, its line in history.csv is not."""
    out = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, "train", str(clothes), "--epochs", "3", "--out", str(out), *_flags()]
    killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    assert (out / "state.npz").exists() and not (out / "history.csv").exists() and not (out / "final.keras").exists()
    done = shell("train", "--resume", out)
    assert "Going on after epoch 1 of 3." in done.stderr and "Best: validation accuracy" in done.stdout
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
    refused(["train", tmp_path / "nowhere", "--weights", "none", "--out", tmp_path / "run"], "nowhere is not there")
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
    import shutil

    out = shutil.copytree(trained, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in out.glob("*.keras")}
    state = (out / "state.npz").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    config = configs.read(out / "config.json").replace(epochs=3)
    config.write(out / "config.json")
    net, described, _ = card.load(out / "final.keras")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        assert main(["train", "--resume", str(out), "--no-cache"]) == 2
        sentence = capsys.readouterr().err.splitlines()[-1]
        assert "cannot be written" in sentence and sentence.endswith("what was there before is kept.")
        with pytest.raises(Refusal, match=r"final\.keras cannot be written"):
            card.save(net, out / "final.keras", described)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in out.glob("*.keras")} == before
    assert (out / "state.npz").read_bytes() == state
    assert not [path for path in out.iterdir() if "partial" in path.name]


def test_a_loss_that_is_not_finite_is_refused_and_the_state_kept(clothes, tmp_path, monkeypatch, refused):
    def nan(learner, learn, check, epoch, *_):
        return {"epoch": epoch, "loss": float("nan"), "accuracy": 0.1, "val_loss": 1.0, "val_accuracy": 0.1}

    monkeypatch.setattr(train, "one_epoch", nan)
    refused(
        ["train", clothes, "--weights", "none", "--size", SIZE, "--out", tmp_path / "run"],
        "loss of epoch 1 is not finite",
        "smaller lr",
    )
    assert not (tmp_path / "run" / "state.npz").exists()


def test_balanced_weights_give_each_class_the_same_say(tmp_path):
    root = draw(tmp_path / "clothes", {"train": 4, "validation": 1})
    (root / "train/red/0.jpg").unlink()
    (root / "train/red/1.jpg").unlink()
    from keras_ref import folder

    run = train._Run(
        configs.Config(str(root), size=SIZE, weights="none", class_weight="balanced"), folder.read(root), tmp_path, None
    )
    counts = {0: 4, 1: 4, 2: 2}
    assert {round(run.weights[i] * n, 6) for i, n in counts.items()} == {round(10 / 3, 6)}


def test_everything_learns_from_scratch(clothes, tmp_path):
    """--weights none --unfreeze all: every weight moves, every moving statistic of the 40 normalisations included."""
    config = configs.Config(str(clothes), size=SIZE, weights="none", unfreeze="all", epochs=1, batch_size=12)
    run_data = train.folder.read(clothes)
    out = tmp_path / "scratch"
    out.mkdir()
    run = train._Run(config, run_data, out, None)
    base = run.classifier.base
    before = {v.path: v.numpy() for v in base.weights}
    run.train()
    still = {v.path for v in base.weights if np.array_equal(before[v.path], v.numpy())}
    moving = [path for path in before if "moving" in path]
    assert len(moving) == 2 * 40
    assert not still
