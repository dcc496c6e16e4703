"""Training on a base that goes on: with a run that was stopped, to the same bits, and from a trained classifier."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from minicnn import (
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    Input,
    Model,
    ReLU,
    Sequential,
    Softmax,
    load_model,
)
from minicnn.app import augment, main
from minicnn.callbacks import BackupAndRestore, CSVLogger
from minicnn.data import Folder, VectorStore, fingerprints, wardrobe
from minicnn.files import make_card

FLAGS = ("--size", 40, "--lr", 0.01, "--inner", 16, "--dropout", 0.3, "--batch-size", 8, "--seed", 5)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with drawn clothes, the file of a base with drawn weights, and a store of its vectors."""
    place = tmp_path_factory.mktemp("place")
    wardrobe.write_folder(place / "set", train=12, validation=6, size=40)
    layers = [Input((48, 48, 3)), Conv2D(8, 5, strides=3), ReLU(), Conv2D(24, 3), ReLU()]
    Sequential(layers, name="base", seed=3).save(place / "base.keras")
    return place


def _train(place, out, *more, pictures="set", base=True):
    start = ("--base", place / "base.keras", *FLAGS) if base else ()
    return main([*map(str, ["train", place / pictures, *start, "--cache", place / "store", "--out", out, *more])])


def _resume(place, out, *more):
    return main([*map(str, ["train", "--resume", out, "--cache", place / "store", *more])])


def _rows(out):
    return list(csv.DictReader((out / "history.csv").read_text().splitlines()))


def _assert_same_run(one, other):
    """Check that two runs ended with the same bits: history, saved net, state."""
    assert (one / "history.csv").read_text() == (other / "history.csv").read_text()
    for ours, theirs in zip(*(load_model(out / "model.keras").get_weights() for out in (one, other)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    states = [json.loads((out / "state" / "training_metadata.json").read_text()) for out in (one, other)]
    assert states[0] == states[1]


def test_a_run_that_is_prolonged_is_the_long_one(place, tmp_path, capsys):
    """Order, Dropout, Adam and the best value go on."""
    assert _train(place, tmp_path / "long", "--epochs", 7) == 0
    assert _train(place, tmp_path / "short", "--epochs", 3) == 0
    capsys.readouterr()
    assert _resume(place, tmp_path / "short", "--epochs", 7) == 0
    assert "going on after epoch 3 of 7\n" in capsys.readouterr().out
    _assert_same_run(tmp_path / "short", tmp_path / "long")
    assert len(_rows(tmp_path / "long")) == 7
    before = (tmp_path / "short" / "model.keras").read_bytes()
    assert _resume(place, tmp_path / "short") == 0  # nothing is missing
    assert (tmp_path / "short" / "model.keras").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_killed_at_any_moment_it_goes_on_to_the_same_bits(place, tmp_path):
    assert _train(place, tmp_path / "whole", "--epochs", 60) == 0
    out = tmp_path / "killed"
    command = ["train", place / "set", "--base", place / "base.keras", *FLAGS, "--epochs", 60]
    command = [sys.executable, "-m", "minicnn", *map(str, [*command, "--cache", place / "store", "--out", out])]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    history = out / "history.csv"
    while process.poll() is None and not (history.exists() and history.read_bytes().count(b"\n") > 10):
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "the run ended before it was killed"
    assert _resume(place, out) == 0
    _assert_same_run(out, tmp_path / "whole")


@pytest.mark.parametrize(
    ("writer", "before"),
    [(CSVLogger, False), (BackupAndRestore, True), (BackupAndRestore, False)],
    ids=["after its row", "after its net", "after its state"],
)
def test_killed_between_two_files_of_an_epoch(place, tmp_path, monkeypatch, writer, before):
    assert _train(place, tmp_path / "whole", "--epochs", 4) == 0

    class Killed(BaseException):
        pass

    def kill(self, epoch, logs):
        if epoch < 2 or not before:
            write(self, epoch, logs)
        if epoch == 2:
            raise Killed

    write = writer.on_epoch_end
    with monkeypatch.context() as patch:
        patch.setattr(writer, "on_epoch_end", kill)
        with pytest.raises(Killed):
            _train(place, tmp_path / "run", "--epochs", 4)
    assert len(_rows(tmp_path / "run")) == 3
    assert _resume(place, tmp_path / "run") == 0
    _assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_killed_before_its_first_epoch(place, tmp_path, monkeypatch):
    """While the base runs: what it has answered is kept, and the run goes on from nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(VectorStore, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        command = ["train", place / "set", "--base", place / "base.keras", *FLAGS, "--epochs", 2]
        main([*map(str, [*command, "--cache", tmp_path / "other", "--out", tmp_path / "run"])])
    assert not (tmp_path / "run" / "history.csv").exists()
    assert _resume(place, tmp_path / "run") == 0
    assert _train(place, tmp_path / "whole", "--epochs", 2) == 0
    _assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_run_goes_on_where_its_pictures_have_moved(place, tmp_path):
    assert _train(place, tmp_path / "run", "--epochs", 1) == 0
    moved = shutil.copytree(place / "set", tmp_path / "moved")
    assert main([*map(str, ["train", moved, "--resume", tmp_path / "run", "--cache", place / "store"])]) == 0
    assert json.loads((tmp_path / "run" / "config.json").read_text())["data"] == str(moved)


def test_what_a_run_does_not_go_on_with(place, tmp_path, capsys):
    out = tmp_path / "run"
    assert _train(place, out, "--epochs", 2) == 0
    fewer = shutil.copytree(place / "set", tmp_path / "fewer")
    Folder(fewer).split("train").files[0].unlink()
    other = shutil.copytree(out, tmp_path / "other")
    config = json.loads((out / "config.json").read_text())
    Sequential([Input((48, 48, 3)), Conv2D(4, 5)], name="base", seed=4).save(tmp_path / "base.keras")
    (other / "config.json").write_text(json.dumps(config | {"base": str(tmp_path / "base.keras")}))
    damaged = shutil.copytree(out, tmp_path / "damaged")
    (damaged / "config.json").write_text(json.dumps(config | {"lr": "much"}))
    (shutil.copytree(out, tmp_path / "short") / "history.csv").write_text("epoch,val_accuracy\n")
    for flags, words in (
        (("--resume", tmp_path), "`resume` must be the folder of a run on a base, with a config.json"),
        (("--resume", out, "--epochs", 1), "has 2 finished epochs; --epochs must not be fewer. Received: 1."),
        (("--resume", out, "--lr", 0.1), "--resume takes its settings from the run's config.json; leave out --lr."),
        (("--resume", out, "--out", "x"), "leave out --out."),
        (("--resume", out, fewer), "are not those that the run"),
        (("--resume", other), "holds another base than the one that"),
        (("--resume", damaged), "config.json: lr must be of type float. Received: 'much'."),
        (("--resume", tmp_path / "short"), "history.csv: it must have a row for each of the 2 finished epochs."),
        ((), "train needs a folder of pictures, or --resume RUN."),
    ):
        before = (out / "history.csv").read_text()
        assert main([*map(str, ["train", *flags, "--cache", place / "store"])]) == 2
        assert words in capsys.readouterr().err
        assert (out / "history.csv").read_text() == before


def test_from_goes_on_with_base_and_head(place, tmp_path):
    """With a rate of nearly nothing the net answers as the one that it goes on from."""
    assert _train(place, tmp_path / "one", "--epochs", 3) == 0
    more = Folder(shutil.copytree(place / "set", tmp_path / "set")).split("train").files
    for path in more[::3]:
        path.unlink()
    command = ["train", tmp_path / "set", "--from", tmp_path / "one", "--lr", 1e-12, "--epochs", 1]
    assert main([*map(str, [*command, "--cache", place / "store", "--out", tmp_path / "two"])]) == 0
    one, two = (load_model(tmp_path / name / "model.keras") for name in ("one", "two"))
    assert [type(layer) for layer in two.layers] == [type(layer) for layer in one.layers]
    assert two.get_layer("dropout").rate == 0.3 and two.input_shape == one.input_shape
    for ours, theirs in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
    assert two.classifier["split"]["learned"] == one.classifier["split"]["learned"]  # all of them, of both trainings
    assert len(two.classifier["split"]["learned"]) > len(fingerprints(Folder(tmp_path / "set").split("train").files))


def test_from_learns_and_resumes(place, tmp_path):
    assert _train(place, tmp_path / "one", "--epochs", 3) == 0
    for name, epochs in (("two", 4), ("three", 2)):
        flags = ("--from", tmp_path / "one" / "model.keras", "--lr", 0.01, "--epochs", epochs)
        assert _train(place, tmp_path / name, *flags, base=False) == 0
    assert _resume(place, tmp_path / "three", "--epochs", 4) == 0
    _assert_same_run(tmp_path / "two", tmp_path / "three")
    assert float(_rows(tmp_path / "two")[0]["loss"]) < float(_rows(tmp_path / "one")[0]["loss"])


def test_from_another_makers_net(place, tmp_path):
    """A softmax at the end, no inner layer: training goes on from its logits."""
    image, names = Input((40, 40, 3)), Folder(place / "set").class_names
    base = Sequential([Input((40, 40, 3)), Conv2D(8, 5, strides=3), ReLU()], name="base", seed=1)
    x = Dropout(0.1)(GlobalAveragePooling2D()(base(image)))
    net = Model(image, Softmax()(Dense(len(names))(x)), seed=2)
    net.classifier = make_card(names, (40, 40), "probabilities", scale=1 / 127.5, offset=-1.0)
    net.save(tmp_path / "soft.keras")
    flags = ("--from", tmp_path / "soft.keras", "--lr", 1e-12, "--epochs", 1)
    assert _train(place, tmp_path / "run", *flags, base=False) == 0
    saved = load_model(tmp_path / "run" / "model.keras")
    assert saved.classifier["output"] == "logits"
    x = np.random.default_rng(0).uniform(-1, 1, (2, 40, 40, 3)).astype(np.float32)
    logits = saved.predict(x)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(p / p.sum(axis=1, keepdims=True), net.predict(x), atol=1e-6)


def test_what_from_refuses(place, tmp_path, capsys):
    assert _train(place, tmp_path / "one", "--epochs", 1) == 0
    fewer = shutil.copytree(place / "set", tmp_path / "fewer")
    gone = Folder(fewer).class_names[0]
    for split in ("train", "validation"):
        shutil.rmtree(fewer / split / gone)
    image = Input((40, 40, 3))
    base = Sequential([Input((40, 40, 3)), Conv2D(8, 5, strides=3)], name="base")
    Model(image, Dense(3)(Dense(4)(Dense(5)(GlobalAveragePooling2D()(base(image)))))).save(tmp_path / "deep.keras")
    one = tmp_path / "one"
    for flags, words in (
        ((fewer, "--from", one), f"model.keras knows the classes {gone}, "),
        ((place / "set", "--from", one, "--base", place / "base.keras"), "--from and --base are two nets"),
        ((place / "set", "--from", one, "--arch", "tinyvgg"), "--from and --arch are two nets"),
        ((place / "set", "--from", one, "--inner", 5), "--inner must be that of"),
        ((place / "set", "--from", place / "base.keras"), "has no head to go on from"),
        ((place / "set", "--from", tmp_path / "deep.keras"), "Received: GlobalAveragePooling2D, Dense, Dense, Dense."),
    ):
        assert main([*map(str, ["train", *flags, "--cache", place / "store", "--out", tmp_path / "two"])]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("flags", [("--augment", "light", "--draws", 2), ("--augment", "mirror")])
def test_augmented_runs_go_on_to_the_same_bits(place, tmp_path, flags):
    for name, epochs in (("long", 5), ("short", 3)):
        assert _train(place, tmp_path / name, "--epochs", epochs, *flags) == 0
    assert _resume(place, tmp_path / "short", "--epochs", 5) == 0
    _assert_same_run(tmp_path / "short", tmp_path / "long")
    assert _train(place, tmp_path / "plain", "--epochs", 1) == 0
    assert _rows(tmp_path / "plain")[0]["loss"] != _rows(tmp_path / "long")[0]["loss"]


def test_each_epoch_has_the_vectors_of_its_draw():
    sets, y = [np.full((5, 1), k, np.float32) for k in range(3)], np.eye(5)
    batches = augment.Epochs(sets, y, 2, seed=1, augment="light")
    orders = []
    for epoch in range(5):
        batches.epoch = epoch
        x, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        assert len(batches) == 3 and (x == epoch % 3).all() and sorted(labels.argmax(axis=1)) == [0, 1, 2, 3, 4]
        orders.append(labels.argmax(axis=1).tolist())
    assert len(set(map(tuple, orders))) > 1
    sets[1][:], sets[0][:, 0] = sets[1] * 10, range(5)
    batches = augment.Epochs(sets[:2], y, 2, seed=1, augment="mirror")
    coins = []
    for epoch in range(20):
        batches.epoch = epoch
        x, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        coins += (x[:, 0] == 10).tolist()
        assert ((x[:, 0] == 10) | (x[:, 0] == labels.argmax(axis=1))).all()
    assert 25 < sum(coins) < 75


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--augment", "course"), "--augment must be none, light, mirror. Received: course."),
        (("--augment", "light"), "Received: --augment light, --draws 0."),
        (("--augment", "mirror", "--draws", 2), "Received: --augment mirror, --draws 2."),
        (("--draws", -1), "Received: --augment none, --draws -1."),
    ],
)
def test_what_is_no_augmentation(place, tmp_path, capsys, flags, words):
    assert _train(place, tmp_path / "run", *flags) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "run").exists()
