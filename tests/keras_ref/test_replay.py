"""The whole course in order, small; and that the plan is the course's."""

import json

from keras_ref import config as configs
from keras_ref import replay


def test_the_grid_is_13_runs_and_210_epochs():
    plan = replay.plan(configs.Config("d"))
    assert len(plan) == 13 and sum(config.epochs for config in plan) == 210
    assert all(config.cacheable for config in plan)
    augmented = [settings["augment"] for section, _, settings, _ in replay.STEPS if section in ("8.10", "8.11")]
    assert augmented == ["course", "light"]


def test_command(command, clothes, tmp_path):
    done = command(
        "replay",
        clothes,
        "--weights",
        "none",
        "--quick",
        "--as",
        "filmed",
        "--cache",
        tmp_path / "store",
        "--out",
        "played",
    )
    result = json.loads((tmp_path / "played/replay.json").read_text())
    assert [row["section"] for row in result["rows"]] == [
        "8.3",
        "8.5",
        *["8.6"] * 4,
        "8.7",
        *["8.8"] * 3,
        *["8.9"] * 4,
        "8.10",
        "8.11",
        "8.12",
    ]
    by = {row["setting"]: row for row in result["rows"]}
    assert by["drop .5"]["published"] == {"best": 0.8534, "epoch": 21, "last": 0.8299}
    assert by["8.11's model on test"]["ours"]["best"] >= 0 and by["8.11's model on test"]["published"]["best"] == 0.8978
    assert all("as filmed" in row["note"] for row in result["rows"] if row["section"] in ("8.10", "8.11"))
    assert by["ImageNet's classes"]["ours"] is None and "not run" in by["ImageNet's classes"]["note"]
    assert "published" in done.out and "0.8534 @21" in done.out
    assert list((tmp_path / "played/8.7").glob("xception_01_*.keras"))
