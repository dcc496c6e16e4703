"""Going on from a trained classifier: its head is kept, its form taken over, and what it learned from is remembered."""

import json
import shutil

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import runs
from keras_ref.model import card
from tests.keras_ref.conftest import draw


def _weights(path):
    return card.load_net(path).get_weights()


def test_fine_tuning_keeps_the_head(trained, clothes, tmp_path, command):
    """At a rate of nothing the net is the one that it began with, and its form needs no flags."""
    command("train", clothes, "--from", trained, "--unfreeze", 2, "--lr", 1e-12, "--epochs", 1, "--out", tmp_path / "a")
    config = configs.read(tmp_path / "a" / "config.json")
    assert (config.size, config.inner, config.dropout) == (71, 8, 0.2)
    assert config.start == str(runs.model_file(trained)) == str(trained / "best.keras")
    for ours, theirs in zip(_weights(tmp_path / "a" / "final.keras"), _weights(trained / "best.keras"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def test_a_model_file_is_enough(trained, clothes, tmp_path, command):
    alone = shutil.copyfile(trained / "final.keras", tmp_path / "alone.keras")
    told = command("train", clothes, "--from", alone, "--lr", 1e-12, "--epochs", 1, "--out", tmp_path / "run").out
    assert "epoch 1/1" in told
    config = configs.read(tmp_path / "run" / "config.json")
    assert (config.size, config.inner, config.dropout, config.start) == (71, 8, 0.2, str(alone))


def test_the_best_epochs_model_is_best_keras(trained):
    history = [row.split(",") for row in (trained / "history.csv").read_text().splitlines()[1:]]
    best = max(history, key=lambda row: float(row[4]))
    named = trained / f"xception_{int(best[0]):02d}_{float(best[4]):.3f}.keras"
    assert (trained / "best.keras").read_bytes() == named.read_bytes()
    assert runs.checkpoints(trained)[-1] == named


def test_checkpoints_are_ordered_by_epoch(tmp_path):
    for name in ("xception_100_0.900.keras", "xception_99_0.890.keras", "xception_02_0.500.keras", "final.keras"):
        (tmp_path / name).touch()
    assert [path.name[9:12] for path in runs.checkpoints(tmp_path)] == ["02_", "99_", "100"]
    assert runs.model_file(tmp_path).name == "xception_100_0.900.keras"  # as in a run of before
    (tmp_path / "best.keras").touch()
    assert runs.model_file(tmp_path).name == "best.keras"


def test_what_the_first_model_learned_from_is_remembered(trained, clothes, tmp_path, command):
    other = draw(tmp_path / "other", {"train": 3, "validation": 2}, seed=11)
    command("train", other, "--from", trained, "--epochs", 1, "--out", tmp_path / "run")
    learned = card.load(tmp_path / "run" / "final.keras")[1].split["learned"]
    assert len(learned) == 24 + 9
    told = command("evaluate", tmp_path / "run" / "final.keras", clothes, "--split", "train", "--out", tmp_path / "e")
    assert "learned from 24 of these 24 pictures" in told.err


def test_a_run_that_went_on_can_be_resumed(trained, clothes, tmp_path, command):
    more = ("--from", trained, "--unfreeze", 2, "--lr", 0.001)
    command("train", clothes, *more, "--epochs", 4, "--out", tmp_path / "whole")
    command("train", clothes, *more, "--epochs", 2, "--out", tmp_path / "cut")
    command("train", "--resume", tmp_path / "cut", "--epochs", 4)
    assert (tmp_path / "cut" / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--inner", 5), ("is another net than the settings describe", "(16, 8)", "(16, 5)")),
        (("--from", "nowhere"), ("nowhere is not there",)),
    ],
)
def test_refusals(trained, clothes, tmp_path, refused, flags, words):
    refused(["train", clothes, "--from", trained, "--epochs", 1, "--out", tmp_path / "run", *flags], *words)
    assert not (tmp_path / "run").exists()


def test_other_classes_are_refused(trained, tmp_path, refused):
    other = draw(tmp_path / "other", {"train": 3, "validation": 2}, classes=("blue", "green", "violet"))
    refused(["train", other, "--from", trained, "--out", tmp_path / "run"], "blue, green, violet", "must be the same")


def test_a_folder_without_a_model_is_refused(clothes, tmp_path, refused):
    (tmp_path / "empty").mkdir()
    refused(
        ["train", clothes, "--from", tmp_path / "empty", "--out", tmp_path / "run"], "is no run folder with a model"
    )


def test_older_settings_still_read(tmp_path):
    """A config.json of before these settings."""
    old = {
        name: value
        for name, value in vars(configs.Config("d")).items()
        if name not in ("start", "maps", "draws", "label_smoothing")
    }
    (tmp_path / "config.json").write_text(json.dumps(old))
    assert configs.read(tmp_path / "config.json") == configs.Config("d")


def test_a_run_folder_stands_for_its_best_model(trained, clothes, tmp_path, command):
    picture = clothes / "test" / "red" / "1.jpg"
    one, other = (command("predict", model, picture, "--json").out for model in (trained, trained / "best.keras"))
    assert one == other
    command("evaluate", trained, clothes, "--out", tmp_path / "judged")
    assert json.loads((tmp_path / "judged" / "evaluation.json").read_text())["model"] == str(trained / "best.keras")
