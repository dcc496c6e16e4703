"""Sweeps: the course's grids, the table and plot."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from keras_ref import config as configs
from keras_ref import results, runs, sweep
from keras_ref.commands import main
from keras_ref.sweep import trials
from tests.keras_ref.conftest import SIZE

SMALL = ("--size", SIZE, "--weights", "none", "--seeds", 2, "--epochs", 2, "--batch-size", 8)


def test_grids_are_the_courses():
    assert configs.GRIDS["lr"][0] == (0.0001, 0.001, 0.01, 0.1) and configs.GRIDS["inner"][0] == (10, 100, 1000)
    assert configs.GRIDS["dropout"] == ((0.0, 0.2, 0.5, 0.8), {"lr": 0.001, "inner": 100}, 30)


def test_command(command, clothes, tmp_path):
    done = command(
        "sweep",
        clothes,
        "--over",
        "inner",
        "--values",
        4,
        8,
        "--size",
        SIZE,
        "--weights",
        "none",
        "--seeds",
        2,
        "--epochs",
        2,
        "--cache",
        tmp_path / "store",
        "--out",
        "swept",
    )
    result = json.loads((tmp_path / "swept/sweep.json").read_text())
    assert "best" in done.out and result["sentence"] in done.out and "12 validation pictures" in done.out
    assert result["sentence"] == results.verdict("inner", result["rows"], 12)
    assert [row["value"] for row in result["rows"]] == [4, 8] and all(len(row["epoch"]) == 2 for row in result["rows"])
    with Image.open(tmp_path / "swept/sweep.png") as drawn:
        assert drawn.size == (840, 480)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--over", "weather"], "invalid choice"),
        ([], "--over must be given once, or twice with two settings. Received: none."),
        (["--over", "lr", "--over", "lr"], "twice with two settings"),
        (["--over", "lr", "--values", "1", "--values", "2"], "once for each --over"),
        (["--over", "lr", "--values", "0.1", "0.10"], "must differ from each other"),
        (["--over", "unfreeze", "--values", "some"], "must be whole numbers or all"),
        (["--over", "augment", "--values", "much"], "augment must be one of"),
        (["--over", "lr", "--augment", "light"], "need --draws"),
        (["--over", "inner", "--values", "1.5"], "must be whole numbers"),
        (["--over", "lr", "--lr", "0.1"], "is what the sweep varies"),
        (["--over", "lr", "--values", "0"], "lr must be a positive"),
        (["--over", "lr", "--seeds", "0"], "--seeds must be at least 1"),
        (["--over", "lr", "--weights", "no.h5"], "no.h5 is not there"),
    ],
)
def test_refusals(clothes, tmp_path, refused, flags, words):
    refused(["sweep", clothes, "--size", SIZE, "--out", tmp_path / "out", *flags], words)


def _plain(folder):
    """What a sweep found, without how long it took."""
    result = json.loads((folder / "sweep.json").read_text())
    del result["seconds"]
    return result


TWO = ("--over", "inner", "--values", 4, 8, "--over", "lr", "--values", 0.001, 0.01)


@pytest.fixture
def swept(clothes, tmp_path, command):
    """Give run(*arguments, code=0): a sweep over two settings in four points with two seeds."""

    def run(*arguments, code=0):
        return command("sweep", clothes, *TWO, *SMALL, "--cache", tmp_path / "store", *arguments, code=code)

    return run


@pytest.fixture(scope="module")
def whole(clothes, tmp_path_factory):
    """Return the folder of such a sweep that ran to its end."""
    root = tmp_path_factory.mktemp("sweep")
    arguments = ["sweep", clothes, *TWO, *SMALL, "--cache", root / "store", "--out", root / "whole"]
    assert main(list(map(str, arguments))) == 0
    return root / "whole"


def test_two_settings_at_once(swept, tmp_path):
    told = swept("--out", "both").out
    result = _plain(tmp_path / "both")
    assert result["over"] == ["inner", "lr"]
    assert [row["value"] for row in result["rows"]] == [[4, 0.001], [4, 0.01], [8, 0.001], [8, 0.01]]
    assert "inner, lr" in told and "4, 0.001" in told and result["sentence"] in told
    files = sorted((tmp_path / "both/runs").glob("*.json"))
    kept = [json.loads(path.read_text()) for path in files]
    settings = sorted((one["settings"]["inner"], one["settings"]["lr"], one["settings"]["seed"]) for one in kept)
    assert settings == [(inner, lr, seed) for inner in (4, 8) for lr in (0.001, 0.01) for seed in (1, 2)]
    for row in result["rows"]:
        of = [one for one in kept if [one["settings"]["inner"], one["settings"]["lr"]] == row["value"]]
        best = [max(epoch["val_accuracy"] for epoch in one["history"]) for one in of]
        assert row["best"] == pytest.approx(np.mean(best))
        for one, share in zip(of, best, strict=True):
            assert len(one["right"]) == 12 and one["right"].count("1") / 12 == pytest.approx(share)


def test_a_sweep_that_was_stopped_goes_on_and_repeats_nothing(whole, swept, command, tmp_path, monkeypatch):
    train_head, begun = trials.head_history, []

    def stopped(config, *rest):
        begun.append(config)
        if len(begun) == 4:
            raise KeyboardInterrupt
        return train_head(config, *rest)

    monkeypatch.setattr(trials, "head_history", stopped)
    told = swept("--out", "halves", code=130)
    assert "it goes on with: sweep --resume halves" in told.err
    assert len(list((tmp_path / "halves/runs").iterdir())) == 3 and not (tmp_path / "halves/sweep.json").exists()
    command("sweep", "--resume", "halves", "--cache", tmp_path / "store")
    assert len(begun) == 4 + 5  # the one that was stopped, and those that had not begun
    assert _plain(tmp_path / "halves") == _plain(whole)
    assert sorted(p.name for p in (tmp_path / "halves/runs").iterdir()) == sorted(
        p.name for p in (whole / "runs").iterdir()
    )
    command("sweep", "--resume", "halves", "--seeds", 3, "--cache", tmp_path / "store")
    assert len(begun) == 9 + 4 and _plain(tmp_path / "halves")["seeds"] == 3


def test_what_else_is_asked_with_resume_is_refused(whole, tmp_path, refused):
    refused(["sweep", "--resume", tmp_path / "none"], "is not the folder of a sweep", "plan.json")
    refused(["sweep", "--resume", whole, "--lr", "0.1"], "leave out --lr")
    refused(["sweep", "DATA", "--resume", whole], "leave out DATA")
    refused(["sweep", "--resume", whole, "--over", "lr"], "leave out --over")


def test_augmentations(clothes, tmp_path, command):
    values = ("--over", "augment", "--values", "none", "mirror", "light", "--draws", 2)
    command("sweep", clothes, *values, *SMALL, "--cache", tmp_path / "store", "--out", "out")
    result = _plain(tmp_path / "out")
    assert [row["value"] for row in result["rows"]] == ["none", "mirror", "light"]
    kept = [json.loads(path.read_text()) for path in (tmp_path / "out/runs").glob("*.json")]
    assert {(k["settings"]["augment"], k["settings"]["draws"]) for k in kept} == {
        ("none", 0),
        ("mirror", 0),
        ("light", 2),
    }
    assert len({k["history"][0]["loss"] for k in kept}) == 6  # no two runs saw the same


def test_unfreezing_goes_on_from_a_trained_head(clothes, trained, tmp_path, command, monkeypatch):
    over = ("--over", "unfreeze", "--values", 0, 3, "--from", trained, "--maps", "float32", "--lr", 0.001)
    arguments = ["sweep", clothes, *over, "--seeds", 1, "--epochs", 2, "--cache", tmp_path / "store", "--out", "out"]
    save, kept = trials.files.write_json, []

    def stopped(path, value):  # in the second run, after its last epoch
        kept.extend([path] * (path.parent.name == "runs"))
        if len(kept) == 2:
            raise KeyboardInterrupt
        save(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(trials.files, "write_json", stopped)
        assert main(list(map(str, arguments))) == 130
    command("sweep", "--resume", "out", "--cache", tmp_path / "store")
    result = _plain(tmp_path / "out")
    assert [row["value"] for row in result["rows"]] == [0, 3] and result["settings"]["inner"] == 8
    folders = sorted(path for path in (tmp_path / "out/runs").iterdir() if path.is_dir())
    assert len(folders) == 2
    for folder in folders:
        config, kept = configs.read(folder / "config.json"), json.loads(folder.with_suffix(".json").read_text())
        assert config.start.endswith("best.keras") and config.maps == ("float32" if config.unfreeze else "none")
        rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
        assert [float(row["val_accuracy"]) for row in rows] == [row["val_accuracy"] for row in kept["history"]]
        best = max(row["val_accuracy"] for row in kept["history"])
        assert kept["right"].count("1") / 12 == pytest.approx(best)
        assert runs.model_file(folder).name == "best.keras"


def test_a_sweep_that_was_killed_as_its_first_run_began_goes_on(clothes, trained, tmp_path, command, monkeypatch):
    over = ("--over", "unfreeze", "--values", 3, "--from", trained, "--maps", "float32", "--lr", 0.001)
    arguments = ["sweep", clothes, *over, "--seeds", 1, "--epochs", 1, "--cache", tmp_path / "store", "--out", "out"]

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(configs.Config, "write", killed)
        command(*arguments, code=130)
    command("sweep", "--resume", "out", "--cache", tmp_path / "store")
    assert [row["value"] for row in _plain(tmp_path / "out")["rows"]] == [3]


@pytest.mark.parametrize("over", ["{}", '{"weather": [1]}', '{"lr": 1}'])
def test_a_plan_that_is_none(tmp_path, refused, over):
    for text, words in (
        ("{}", "plan.json must hold an object whose 'data' is of type str"),
        ("[1]", "plan.json must hold an object whose 'data' is of type str"),
        (f'{{"data": "d", "over": {over}, "seeds": 1, "epochs": 1, "settings": {{}}}}', "plan.json is not a sweep's"),
    ):
        (tmp_path / "plan.json").write_text(text)
        refused(["sweep", "--resume", tmp_path], words)


def test_from_python(clothes, tmp_path):
    with pytest.raises(ValueError, match=r"varies one or two of lr, .* Received: none"):
        sweep.run(clothes, {}, tmp_path / "out")
    with pytest.raises(ValueError, match="Received: weather"):
        sweep.run(clothes, {"weather": [1]}, tmp_path / "out")
