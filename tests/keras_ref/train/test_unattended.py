"""A run that nobody watches: one process a folder, a record of what made it, an end that can be gone on from."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import results, train
from keras_ref.pictures import read
from keras_ref.runs import record
from keras_ref.runtime import console, files
from keras_ref.train import run as one_run
from keras_ref.train.start import START
from minicnn.data import hashes
from tests.keras_ref.conftest import CHECKOUT, SETTINGS, SIZE
from tests.processes import PATIENCE


def test_two_runs_cannot_share_a_folder(trained, clothes, tmp_path, refused):
    out = tmp_path / "run"
    with files.claimed(out, new=True):
        refused(["train", clothes, *SETTINGS, "--out", out], "Another process is at work in", "run")
    assert not out.exists()  # nothing came into it
    with files.claimed(trained, new=False):
        refused(["train", "--resume", trained, "--epochs", 7], "Another process is at work in")
    refused(["train", clothes, *SETTINGS, "--out", trained], "already exists and is not empty")


def test_a_run_that_was_killed_at_its_start_begins_anew(clothes, tmp_path, monkeypatch, refused):
    """As kill -9 would leave it: before config.json, a part of which may lie there too."""
    out, config = tmp_path / "run", configs.Config(str(clothes), size=SIZE, weights="none", epochs=1)

    def killed(self, path):
        (tmp_path / "run" / ".config.json.x1y2.part").write_text("{")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(configs.Config, "write", killed)
        train.new(config, out, store=tmp_path / "store")
    assert {path.name for path in out.iterdir() if path.name[0] != "."} == set(START)
    refused(["train", "--resume", out], "is not a run folder: it has no config.json")
    assert len(train.new(config, out, store=tmp_path / "store")) == 1
    for name in ("config.json", "mine.txt"):  # what has begun, and what is no run's
        other = tmp_path / name / "run"
        other.mkdir(parents=True)
        (other / name).touch()
        refused(["train", clothes, *SETTINGS, "--out", other], "already exists and is not empty")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("recipe.json", "{}", "recipe.json must hold an object whose 'recipe' is of type str"),
        ("recipe.json", '{"recipe": "x", "data": "d", "settings": {}, "skip_corrupt": false}', "names no recipe"),
        ("split.json", "{}", "split.json must hold an object whose 'class_names' is of type list"),
    ],
)
def test_a_record_that_was_changed_is_one_sentence(trained, tmp_path, refused, name, text, words):
    out = shutil.copytree(trained, tmp_path / "run")
    (out / name).write_text(text)
    refused(["train", "--resume", out], words)


@pytest.mark.parametrize("flags", [("--weights", "nowhere.h5"), ("--inner", -1), ("--lr", 0)])
def test_a_refusal_leaves_no_folder(clothes, tmp_path, refused, flags):
    refused(["train", clothes, *SETTINGS, "--out", tmp_path / "run", *flags])
    assert not (tmp_path / "run").exists()


def test_run_json(trained, clothes, tmp_path, command):
    written = json.loads((trained / "run.json").read_text())
    (start,) = written["starts"]
    import keras
    import tensorflow

    assert start["versions"]["keras"] == keras.__version__ and start["versions"]["tensorflow"] == tensorflow.__version__
    assert start["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", start["at"])
    assert start["machine"]["cores"] >= 1 and "CPU" in start["machine"]["devices"][0]
    head = subprocess.run(["git", "-C", CHECKOUT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode == 0:
        assert start["commit"].rstrip("+") == head.stdout.strip()
    assert written["data"] == record.digest(read(clothes))


def test_the_data_digest_is_of_names_and_contents(clothes, tmp_path):
    one = record.digest(read(clothes))
    copy = shutil.copytree(clothes, tmp_path / "copy")
    assert record.digest(read(copy)) == one
    picture = copy / "train" / "red" / "0.jpg"
    picture.rename(picture.with_name("00.jpg"))
    assert record.digest(read(copy)) != one
    picture.with_name("00.jpg").rename(picture)
    assert record.digest(read(copy)) == one
    picture.write_bytes((copy / "train" / "red" / "1.jpg").read_bytes())
    assert record.digest(read(copy)) != one


def test_resume_adds_its_start_and_an_older_run_gets_a_record(clothes, tmp_path, command):
    out = tmp_path / "run"
    command("train", clothes, *SETTINGS, "--out", out)
    command("train", "--resume", out, "--epochs", 3)
    assert len(json.loads((out / "run.json").read_text())["starts"]) == 2
    (out / "run.json").unlink()
    (out / "best.keras").unlink()
    command("train", "--resume", out, "--epochs", 4)
    assert len(json.loads((out / "run.json").read_text())["starts"]) == 1


def test_fewer_epochs_than_are_done_are_refused(trained, refused):
    before = (trained / "config.json").read_text()
    refused(["train", "--resume", trained, "--epochs", 2], "6 finished epochs", "--epochs must not be fewer", "2")
    assert (trained / "config.json").read_text() == before


def test_sigterm_is_ctrl_c_and_the_run_goes_on(clothes, tmp_path):
    out = tmp_path / "run"
    code = "from tests.keras_ref import small; small.main()"
    arguments = ["train", clothes, *SETTINGS, "--epochs", 4000, "--no-cache", "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=CHECKOUT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"MINICNN_VECTORS": str(tmp_path / "store")},
    )
    deadline = time.monotonic() + PATIENCE
    while not (out / "history.csv").exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130 and "Traceback" not in told, told
    assert f"train --resume {out}" in told
    done = len((out / "history.csv").read_text().splitlines()) - 1
    assert done >= 1
    history = train.resume(out, epochs=done + 1)
    assert len(history) == done + 1


def test_a_net_that_learns_nothing_says_so():
    row = {"loss": math.log(10) + 0.01, "val_loss": math.log(10) - 0.02}
    assert "learned nothing yet" in results.nothing_learned(row, 10) and "2.3026" in results.nothing_learned(row, 10)
    assert results.nothing_learned(row | {"loss": 2.2}, 10) == ""
    assert results.nothing_learned(row | {"val_loss": 2.4}, 10) == ""


def test_a_run_on_the_largest_class_says_so(clothes, tmp_path, command):
    rows = [{"val_accuracy": 0.238}, {"val_accuracy": 0.2375}]
    assert "always naming the largest class, 0.2380" in results.on_the_largest(rows, 0.238, 341)
    assert results.on_the_largest([{"val_accuracy": 0.238 + 1 / 341}], 0.238, 341) == ""
    told = command("train", clothes, *SETTINGS, "--lr", 1e-12, "--epochs", 1, "--out", tmp_path / "run").err
    best = float((tmp_path / "run" / "history.csv").read_text().splitlines()[1].split(",")[4])
    assert ("No epoch is better than always naming" in told) == (best <= 1 / 3 + 1e-6)


@pytest.mark.slow  # Xception's own 20 million weights
@pytest.mark.traced
def test_a_head_alone_on_a_partly_frozen_drawn_base_learns(clothes, tmp_path, xception, command):
    """Its answers of 1e-5 let nothing but the bias move, when nobody woke it."""
    command("train", clothes, "--weights", "none", "--size", SIZE, "--unfreeze", 2, "--lr", 0.01, "--epochs", 6,
            "--batch-size", 8, "--out", tmp_path / "run")  # fmt: skip
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]
    assert float(rows[-1].split(",")[1]) < 0.7 * math.log(3)


def test_patience_ends_a_run(clothes, tmp_path, command):
    told = command("train", clothes, *SETTINGS, "--lr", 10, "--epochs", 40, "--patience", 2, "--out", tmp_path / "run")
    rows = [row.split(",") for row in (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]]
    losses = [float(row[3]) for row in rows]
    assert len(rows) < 40 and losses.index(min(losses)) == len(rows) - 3
    assert "Ended early: 2 epochs without" in told.err
    assert (tmp_path / "run" / "final.keras").is_file()


def test_over_means_so_many_epochs_after_the_best():
    def over(losses, patience):
        return train.is_over(configs.Config("d", patience=patience), [{"val_loss": loss} for loss in losses])

    assert not over([], 1) and not over([3, 2, 1], 1) and not over([1, 2, 3], 0)
    assert over([1, 2], 1) and not over([1, 2], 2) and over([3, 1, 2, 2], 2) and not over([3, 1, 2, 0.5], 2)


def test_cosine_falls_from_lr_to_nothing():
    config = configs.Config("d", lr=0.1, epochs=4, schedule="cosine")
    rates = [config.rate(epoch) for epoch in (1, 2, 3, 4)]
    np.testing.assert_allclose(rates, [0.1, 0.1 * (1 + 2**-0.5) / 2, 0.05, 0.1 * (1 - 2**-0.5) / 2])
    assert configs.Config("d", lr=0.1, epochs=4).rate(4) == 0.1


def test_the_schedule_and_the_decay_reach_the_optimizer(clothes, tmp_path, command, monkeypatch):
    seen = []
    one = train.one_epoch
    monkeypatch.setattr(
        one_run,
        "one_epoch",
        lambda net, *rest: (
            seen.append((float(net.optimizer.learning_rate), net.optimizer.weight_decay)) or one(net, *rest)
        ),
    )
    command("train", clothes, *SETTINGS, "--lr", 0.1, "--schedule", "cosine", "--weight-decay", 0.01, "--out",
            tmp_path / "run")  # fmt: skip
    np.testing.assert_allclose([rate for rate, _ in seen], [0.1, 0.05], rtol=1e-6)
    assert [decay for _, decay in seen] == [0.01, 0.01]


def test_progress_off_a_terminal_is_a_line_now_and_then(monkeypatch, capsys):
    clock = iter(np.arange(0, 1000, 10.0))
    monkeypatch.setattr(console.time, "monotonic", lambda: float(next(clock)))
    with console.progress("features", 10) as advance:
        for _ in range(10):
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "features: 3 of 10, about 70 s left",
        "features: 6 of 10, about 40 s left",
        "features: 9 of 10, about 10 s left",
    ]


def test_hashes_are_remembered_by_path_size_and_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    old = time.time() - 100
    for k in range(3):
        (tmp_path / f"{k}.bin").write_bytes(bytes([k]) * 10)
        os.utime(tmp_path / f"{k}.bin", (old, old))
    paths = [tmp_path / f"{k}.bin" for k in range(3)]
    first = hashes.content_hashes(paths)
    assert first == [hashes.content_hash(path) for path in paths]
    read_again, read_one = [], hashes.content_hash
    monkeypatch.setattr(hashes, "content_hash", lambda path: read_again.append(path.name) or read_one(path))
    assert hashes.content_hashes(paths[::-1]) == first[::-1] and read_again == []
    paths[1].write_bytes(b"others now")  # the same size, another time
    assert hashes.content_hashes(paths)[1] == read_one(paths[1]) != first[1]
    assert read_again == ["1.bin"]
    hashes.content_hashes(paths)  # changed a moment ago: it is not trusted yet
    assert read_again == ["1.bin", "1.bin"]
    for kept in (tmp_path / "cache" / "minicnn" / "hashes").iterdir():
        kept.write_text("[not, what it was")
    assert hashes.content_hashes(paths)[0] == first[0]
