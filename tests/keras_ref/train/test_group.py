"""Training on several workers of Ray: the steps of one worker with the whole batch, also when a worker is killed."""

import functools
import json
import os
import signal
from pathlib import Path

import pytest

from keras_ref import config as configs
from keras_ref import results, train
from keras_ref.model import card, classifier
from keras_ref.runtime import console
from keras_ref.train import group
from tests.keras_ref import nodes as ray_nodes
from tests.keras_ref import small
from tests.keras_ref.conftest import SIZE, draw

ray_nodes.needed()
SETTINGS = {"size": SIZE, "weights": "none", "unfreeze": "all", "batch_size": 20, "lr": 1e-3, "augment": "light"}


@pytest.fixture(scope="module")
def nodes():
    """Two nodes, shared by these tests."""
    with ray_nodes.running() as made:
        yield made


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """21 pictures to learn from: a batch of 20, and one of which the second worker gets nothing."""
    return draw(tmp_path_factory.mktemp("drawn") / "odd", {"train": 7, "validation": 3})


@pytest.fixture
def on_ray(nodes, monkeypatch, tmp_path):
    """Return run(data, out, **settings) by two workers on the small base; and where each leaves what it saw."""

    def run(data, out, dies_at=None, **settings):
        work, seen, dead = group.work, tmp_path / f"seen-{out}", tmp_path / "dead"
        seen.mkdir()

        def watched(task, part):
            classifier.xception = small.base
            total, calls = part.total, []

            def counted(values):
                calls.append(1)
                if part.rank == 1 and len(calls) == dies_at and not dead.exists():
                    dead.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                return total(values)

            part.total = counted
            work(task, part)
            found = sorted(ray_nodes.listening([os.getpid()])) if Path("/proc/net/tcp").exists() else []
            (seen / str(part.rank)).write_text(json.dumps({"listening": found, "sums": len(calls)}))

        with monkeypatch.context() as patch:
            patch.setattr(group, "work", watched)
            runner = functools.partial(train.Group, address=nodes.address, workers=2)
            history = train.new(configs.Config(str(data), **settings), tmp_path / out, runner=runner)
        return history, [json.loads((seen / str(rank)).read_text()) for rank in range(2)]

    return run


def test_two_workers_take_the_steps_of_one(odd, tmp_path, on_ray, monkeypatch, capsys):
    """12 steps. Plain BatchNormalization is 7e-2 apart at the first."""
    settings = SETTINGS | {"epochs": 6, "dropout": 0.0, "class_weight": "balanced", "label_smoothing": 0.1}
    one = train.new(configs.Config(str(odd), **settings), tmp_path / "one")
    capsys.readouterr()
    monkeypatch.setattr(console, "PAUSE", 0.0)
    two, seen = on_ray(odd, "two", **settings)
    _told_of_its_steps(capsys.readouterr(), 6, 12)
    assert results.read_history(tmp_path / "two/history.csv") == two and len(two) == 6
    for mine, fits in zip(two, one, strict=True):
        assert mine == pytest.approx(fits, rel=0, abs=2e-6 if mine["epoch"] == 1 else 2e-4)
    assert one[0]["loss"] - one[5]["loss"] > 0.1
    pair = [card.load_net(tmp_path / name / "final.keras") for name in ("one", "two")]
    for a, b in zip(*(net.get_weights() for net in pair), strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=2e-4)
    for worker in seen:
        assert set(worker["listening"]) <= ray_nodes.LOCAL
        assert worker["sums"] == 12 * (2 * small.NORMALIZATIONS + 1) + 6


def _told_of_its_steps(captured, epochs, steps):
    lines = [line.split() for line in captured.err.splitlines() if line.startswith("steps: ")]
    told = [int(line[1]) for line in lines]
    assert told and told == sorted(told) and {line[3] for line in lines} == {f"{steps},"}
    assert [line.split()[1] for line in captured.out.splitlines()] == [f"{n}/{epochs}" for n in range(1, epochs + 1)]


def test_a_killed_worker_changes_no_loss(odd, tmp_path, on_ray):
    settings = SETTINGS | {"epochs": 4, "dropout": 0.3}
    whole, seen = on_ray(odd, "whole", **settings)
    killed, again = on_ray(odd, "killed", dies_at=40, **settings)
    assert (tmp_path / "dead").exists() and killed == whole
    assert again[1]["sums"] == seen[1]["sums"] // 2  # the first two of four epochs stayed
    states = [(tmp_path / name / "final.keras") for name in ("whole", "killed")]
    for a, b in zip(*(card.load_net(path).get_weights() for path in states), strict=True):
        assert a.tobytes() == b.tobytes()


def test_refusals(odd, clothes, tmp_path, refused):
    words = ("train", odd, "--size", SIZE, "--weights", "none", "--out", tmp_path / "out", "--batch-size", 20)
    refused([*words, "--workers", 2], "--ray ADDRESS and --workers N go together")
    refused([*words, "--ray", "local"], "--ray ADDRESS and --workers N go together")
    refused([*words, "--ray", "local", "--workers", 3], "--workers must divide the batch size, 20", "Received: 3.")
    refused([*words, "--ray", "local", "--workers", 10], "the smaller has 9. Received: 10 workers.")
    refused([*words, "--ray", "local", "--workers", 2, "--tensorboard", tmp_path / "board"], "leave them out")
    refused([*words, "--ray", "local", "--workers", 2, "--devices", "all"], "leave out --maps and --devices")
    refused([*words, "--ray", "local", "--workers", 2, "--recipe", "strong"], "leave out --recipe")
    refused([*words, "--ray", "cluster", "--workers", 2], "--ray must be local, or HOST:PORT")
    assert not (tmp_path / "out").exists()
    config = configs.Config(str(odd), size=SIZE, weights="none")
    runner = functools.partial(train.Group, address="local", workers=2)
    with pytest.raises(ValueError, match="Callbacks are not told"):
        train.new(config, tmp_path / "own", callbacks=[object()], runner=runner)
