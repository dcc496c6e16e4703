"""The whole course in order, small; and that the plan is the course's."""

import json
import re

import pytest

from keras_ref import config as configs
from keras_ref.course import replay


def test_the_grid_is_13_runs_and_210_epochs():
    plan = replay.plan(configs.Config("d"))
    assert len(plan) == 13 and sum(config.epochs for config in plan) == 210
    assert all(config.cacheable for config in plan)
    augmented = [settings["augment"] for section, _, settings, _ in replay.STEPS if section in ("8.10", "8.11")]
    assert augmented == ["course", "light"]


def test_the_published_figures():
    """As the course printed them, written down a second time: best accuracy, its epoch, accuracy of the last epoch."""
    published = """
    lr .01: 0.8299 7 0.7889
    lr .0001: 0.7889 10 0.7889
    lr .001: 0.8299 9 0.8240
    lr .01: 0.8211 9 0.7889
    lr .1: 0.7889 10 0.7889
    lr .001, checkpoints: 0.8358 6 0.8328
    inner 10: 0.8152 6 0.8152
    inner 100: 0.8152 9 0.8123
    inner 1000: 0.8123 7 0.8006
    drop 0: 0.8416 4 0.8358
    drop .2: 0.8446 5 0.8065
    drop .5: 0.8534 21 0.8299
    drop .8: 0.8328 28 0.8299
    augmented: 0.8328 9 0.8240
    299 px, augmented: 0.9032 13 0.8739
    """
    ours = [f"{what}: {best:.4f} {epoch} {last:.4f}" for _, what, _, (best, epoch, last) in replay.STEPS]
    assert ours == [line.strip() for line in published.strip().splitlines()]
    assert replay.TEST == (0.8978, 0.2939)
    for _, what, settings, (best, epoch, last) in replay.STEPS:
        assert epoch <= settings["epochs"] and last <= best
        for name, value in re.findall(r"(lr|inner|drop) ([.0-9]+)", what):
            assert settings.get({"drop": "dropout"}.get(name, name), 0) == float(value), what


def test_the_last_checkpoint_is_of_the_largest_epoch(tmp_path):
    assert replay._best_checkpoint(tmp_path) == tmp_path / "final.keras"
    for name in ("xception_09_0.800.keras", "xception_99_0.810.keras", "xception_100_0.820.keras", "final.keras"):
        (tmp_path / name).touch()
    assert replay._best_checkpoint(tmp_path).name == "xception_100_0.820.keras"


def test_a_seed_of_0_is_taken_as_given(command, clothes, monkeypatch):
    given = []
    monkeypatch.setattr(replay, "run", lambda *_, **settings: given.append(settings) or [])
    command("replay", clothes, "--seed", 0)
    command("replay", clothes, "--weights", "none")
    assert given[0]["seed"] == 0 and "weights" not in given[0]
    assert given[1]["weights"] == "none" and "seed" not in given[1]


@pytest.mark.slow  # thirteen trainings
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
