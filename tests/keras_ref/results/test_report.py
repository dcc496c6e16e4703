"""The report: every kind of result, each with its command; and the drawings."""

import json
import shutil

from keras_ref import config as configs
from keras_ref import results
from keras_ref.cli import main


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


def test_contact_sheet_survives_a_picture_that_cannot_be_read(tmp_path):
    (tmp_path / "bad.jpg").write_text("no")
    results.contact_sheet([(tmp_path / "bad.jpg", "a caption"), (None, "")], tmp_path / "sheet.png", title="sheet")
    assert (tmp_path / "sheet.png").stat().st_size > 500
