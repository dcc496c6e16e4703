"""The report: every kind of result, each with its command; and the drawings."""

import copy
import json
import shutil

import pytest

from keras_ref import config as configs
from keras_ref import results
from keras_ref.commands import main


def test_command(command, trained, tmp_path):
    sweep = {
        "over": "lr",
        "data": "d",
        "weights": "none",
        "pictures": 341,
        "seeds": 2,
        "epochs": 3,
        "settings": {"inner": 100},
        "sentence": "lr=0.1 leads.",
        "seconds": {"vectors": 1.0, "heads": 2.0},
        "rows": [
            {"value": 0.1, "best": 0.5, "sd": 0.01, "epoch": [1, 3], "last": 0.4, "train": 0.6, "min_val_loss": 1.0}
        ],
    }
    speed = {
        "data": "d",
        "weights": "none",
        "loading": {
            "pictures": 5,
            "size": 150,
            "rounds": 3,
            "first_pass_ratio": 1.7,
            "pictures_per_second": {"first pass": 2.0},
        },
        "grid": {
            "runs": 13,
            "epochs": 210,
            "pass_seconds": 1,
            "fast_seconds": 2,
            "whole_epoch_seconds": [4.0, 3.0],
            "slow_seconds_extrapolated": 630,
            "times_faster": 315.0,
        },
    }
    for name, value in (("sweep", sweep), ("speed", speed)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.json").write_text(json.dumps(value))
    done = command("report", trained, tmp_path / "sweep", tmp_path / "speed", "--out", "R.md")
    text = (tmp_path / "R.md").read_text()
    assert "Written: R.md" in done.out
    for words in (
        "python -m keras_ref train DATA --size 71 --lr 0.01 --inner 8 --dropout 0.2 --epochs 6 --batch-size 8 "
        "--weights none",
        "6 epochs,",
        "always naming the largest class gives 33.3%",
        "| 0.1 | 0.5000 | 0.0100 | 1, 3 | 0.4000 | 0.6000 |",
        "1.7 times",
        "315.0 times as long",
        "![accuracy and loss by epoch](R_trained.png)",
    ):
        assert words in text, words
    history = results.read_history(trained / "history.csv")
    names = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert f"| epoch | {' | '.join(names)} | seconds |" in text
    for row in history:
        assert f"| {row['epoch']} | {' | '.join(f'{row[name]:.4f}' for name in names)} | " in text
    assert (tmp_path / "R_trained.png").is_file()
    assert str(tmp_path) not in text


def test_a_run_that_was_cut(trained, tmp_path, capsys):
    """After kill -9 timing.json may lack the last epoch, and before the first epoch's end both files are absent."""
    run = shutil.copytree(trained, tmp_path / "cut")
    config = configs.read(run / "config.json").replace(epochs=9)
    config.write(run / "config.json")
    (run / "timing.json").write_text('{"seconds": [1.5]}')
    assert main(["report", str(run), "--out", str(tmp_path / "R.md")]) == 0
    text = (tmp_path / "R.md").read_text()
    assert "6 epochs of 9 that were asked for" in text and text.rstrip().endswith("- |")
    (run / "history.csv").unlink()
    (run / "timing.json").unlink()
    assert main(["report", str(run), "--out", str(tmp_path / "R.md")]) == 0
    assert "No epoch of 9 is finished yet." in (tmp_path / "R.md").read_text()


def test_two_models_are_reported(tmp_path):
    half = {"right": 5, "pictures": 10, "accuracy": 0.5, "loss": 1.0}
    both = {"models": ["a.keras", "b.keras"], "split": "validation", "a": half, "b": half}
    both |= {"only_a": 1, "only_b": 1, "p": 1.0}
    (tmp_path / "comparison.json").write_text(json.dumps(both))
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "R.md")]) == 0
    text = (tmp_path / "R.md").read_text()
    assert "Only A is right on 1" in text and "| A | 5 | 0.5000 | 1.0000 |" in text


def test_a_folder_without_results(tmp_path, refused):
    refused(["report", tmp_path], "holds no result of this package")
    (tmp_path / "history.csv").write_text("a,b\n1,2\n")
    (tmp_path / "config.json").write_text('{"data": "d"}')
    (tmp_path / "split.json").write_text('{"validation": []}')
    refused(["report", tmp_path], "is not a history.csv")


HALF = {"right": 5, "pictures": 10, "accuracy": 0.5, "loss": 1.0}
ROW = {"value": 0.1, "best": 0.5, "sd": 0.01, "epoch": [1, 3], "last": 0.4, "train": 0.6, "min_val_loss": 1.0}
WRITTEN = {  # one of each kind, as small as it can be
    "sweep.json": {
        "over": "lr",
        "weights": "none",
        "pictures": 341,
        "seeds": 2,
        "epochs": 3,
        "settings": {"inner": 100},
        "seconds": {"vectors": 1.0, "heads": 2.0},
        "rows": [ROW, ROW | {"value": 0.2, "best": 0.4, "p": 0.2}],
    },
    "evaluation.json": {
        **{"model": "a.keras", "split": "test", "interval": [0.2, 0.8], "top3": 0.9, "macro_f1": 0.5, "ece": 0.1},
        **{"ece_without_temperature": 0.2, "temperature": 1.5, "calibrated_on": "validation", **HALF},
        "answered": {"threshold": 0.5, "pictures": 6, "right": 4},
        "per_class": [{"class": "hat", "pictures": 10, "precision": 0.5, "recall": None}],
    },
    "comparison.json": {
        **{"models": ["a.keras", "b.keras"], "split": "test", "only_a": 1, "only_b": 1, "p": 1.0},
        **{"a": HALF, "b": HALF},
    },
    "replay.json": {
        **{"weights": "none", "as": "course", "quick": False},
        "rows": [{"section": "8.9", "setting": "drop .5", "note": "", "ours": None, "published": ROW | {"epoch": 2}}],
    },
    "description.json": {
        **{"corrupt": [], "width": {"least": 1, "most": 2}, "height": {"least": 1, "most": 2}, "imbalance": 1.0},
        **{"majority": 0.5, "class_names": ["hat", "dress"], "counts": {"train": [1, 2], "validation": [1, 1]}},
    },
    "speed.json": {
        "weights": "none",
        "loading": {
            **{"pictures": 5, "size": 150, "rounds": 3, "first_pass_ratio": 1.7},
            "pictures_per_second": {"first pass": 2.0},
        },
        "grid": {
            **{"runs": 13, "epochs": 210, "pass_seconds": 1, "fast_seconds": 2, "whole_epoch_seconds": [4.0, 3.0]},
            **{"slow_seconds_extrapolated": 630, "times_faster": 315.0},
        },
    },
}


def changed(value):
    """Yield a JSON value with one part left out, or put for another, wherever it lies."""
    if not isinstance(value, (dict, list)):
        return
    for key in value if isinstance(value, dict) else range(len(value)):
        copies = [copy.copy(value) for _ in range(6)]
        del copies[0][key]
        for one, other in zip(copies[1:], (None, "x", [], {}, [7]), strict=True):
            one[key] = other
        yield from copies
        for inner in changed(value[key]):
            one = copy.copy(value)
            one[key] = inner
            yield one


@pytest.mark.parametrize("name", list(WRITTEN))
def test_a_result_changed_by_hand_is_refused_in_one_sentence(name, tmp_path, capsys):
    asked = ["report", str(tmp_path), "--out", str(tmp_path / "R.md")]
    (tmp_path / name).write_text(json.dumps(WRITTEN[name]))
    assert main(asked) == 0
    refusals = 0
    for value in [None, [], "x", 3, {}, *changed(WRITTEN[name])]:
        (tmp_path / name).write_text(json.dumps(value))
        capsys.readouterr()
        if main(asked) == 2:
            said = capsys.readouterr().err
            assert said.count("\n") == 1 and said.startswith(f"{tmp_path / name} or what lies beside it is not as "), (
                said
            )
            refusals += 1
    assert refusals > 20


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("split.json", "{}", "it lacks 'validation'"),
        ("split.json", '{"validation": ["a.jpg"], "class_names": ["a"]}', "list index out of range"),
        ("split.json", '{"validation": [], "class_names": ["a"]}', "division by zero"),
        ("timing.json", "[1]", "list indices must be integers"),
        ("timing.json", '{"seconds": ["1"]}', "not as its command wrote it"),
        ("config.json", '{"data": "d", "size": "x"}', "size must be"),
    ],
)
def test_a_run_changed_by_hand_is_refused_in_one_sentence(trained, tmp_path, refused, name, text, words):
    run = shutil.copytree(trained, tmp_path / "run")
    (run / name).write_text(text)
    refused(["report", run, "--out", tmp_path / "R.md"], run / "config.json", words)


def test_contact_sheet_survives_a_picture_that_cannot_be_read(tmp_path):
    (tmp_path / "bad.jpg").write_text("no")
    results.contact_sheet([(tmp_path / "bad.jpg", "a caption"), (None, "")], tmp_path / "sheet.png", title="sheet")
    assert (tmp_path / "sheet.png").stat().st_size > 500
