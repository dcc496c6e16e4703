"""Keras's own callbacks over a whole run, and runs told to TensorBoard and MLflow, read back from local files."""

import importlib.util
import sys

import pytest

from keras_ref import config as configs
from keras_ref import results, runtime, train
from tests.keras_ref.conftest import SETTINGS, SIZE


@pytest.fixture(scope="module")
def keras():
    """Return Keras."""
    return runtime.load()[1]


def config(clothes, **settings):
    """Return settings of a small run."""
    return configs.Config(str(clothes), size=SIZE, weights="none", batch_size=8, **{"epochs": 6, "lr": 0.01} | settings)


def test_training_begins_and_ends_once(keras, clothes, tmp_path):
    seen = []

    class Record(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append("begin")

        def on_epoch_begin(self, epoch, logs=None):
            seen.append(epoch)

        def on_train_batch_end(self, batch, logs=None):
            seen.append("batch")

        def on_test_end(self, logs=None):
            seen.append("test")

        def on_epoch_end(self, epoch, logs=None):
            seen.append(sorted(logs))

        def on_train_end(self, logs=None):
            seen.append((tmp_path / "run/final.keras").exists())

        def on_run_end(self):
            seen.append((tmp_path / "run/curves.png").exists())

    train.new(config(clothes, epochs=2), tmp_path / "run", store=tmp_path / "store", callbacks=[Record()])
    names = ["accuracy", "loss", "val_accuracy", "val_loss"]
    epoch = ["batch"] * 3 + ["test", names]
    assert seen == ["begin", 0, *epoch, 1, *epoch, False, True]


def test_callbacks_that_only_look_change_nothing(keras, clothes, tmp_path):
    plain = train.new(config(clothes), tmp_path / "plain", store=tmp_path / "store")
    looked = train.new(
        config(clothes), tmp_path / "looked", store=tmp_path / "store", callbacks=[keras.callbacks.Callback()]
    )
    assert plain == looked


def test_early_stopping_counts_over_epochs(keras, clothes, tmp_path, capsys):
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=100, patience=2)
    history = train.new(config(clothes), tmp_path / "run", store=tmp_path / "store", callbacks=[stop])
    assert len(history) == 3 and "Ended after epoch 3 by a callback." in capsys.readouterr().err


def test_the_rate_that_a_callback_sets_stays(keras, clothes, tmp_path):
    rates = []

    class Lower(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))
            self.model.optimizer.learning_rate = rates[-1] / 10

    train.new(config(clothes, epochs=3), tmp_path / "run", store=tmp_path / "store", callbacks=[Lower()])
    assert rates == pytest.approx([0.01, 0.001, 0.0001])


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="the tracking extra is not installed")
def test_tensorboard(clothes, tmp_path, command):
    command("train", clothes, *SETTINGS, "--out", "told", "--cache", tmp_path / "store", "--tensorboard", "board")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(tmp_path / "board/told"), size_guidance={"tensors": 0}).Reload()
    history = results.read_history(tmp_path / "told/history.csv")
    from tensorboard.util import tensor_util

    for name in results.COLUMNS[1:]:
        events = read.Tensors(name)
        assert [event.step for event in events] == [1, 2]
        values = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events]
        assert values == pytest.approx([row[name] for row in history])
    (settings,) = read.Tensors("settings")
    assert b"|inner|8|" in settings.tensor_proto.string_val[0]
    (curves,) = read.Tensors("curves")
    assert curves.tensor_proto.string_val[2].startswith(b"\x89PNG")


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="the tracking extra is not installed")
@pytest.mark.filterwarnings("ignore")  # of the package's own doings
def test_mlflow(clothes, tmp_path, command):
    address = f"sqlite:///{tmp_path}/mlflow.db"
    for name in ("told", "again"):
        command("train", clothes, *SETTINGS, "--out", name, "--cache", tmp_path / "store", "--mlflow", address)
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("keras_ref")
    found = client.search_runs([experiment.experiment_id])
    assert sorted(run.info.run_name for run in found) == ["again", "told"]
    (run,) = (run for run in found if run.info.run_name == "told")
    assert run.info.status == "FINISHED" and run.data.params["inner"] == "8"
    history = results.read_history(tmp_path / "told/history.csv")
    for name in results.COLUMNS[1:]:
        values = [
            metric.value for metric in sorted(client.get_metric_history(run.info.run_id, name), key=lambda m: m.step)
        ]
        assert values == pytest.approx([row[name] for row in history])
    kept = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert kept >= {"config.json", "run.json", "split.json", "curves.png", "history.csv", "best.keras", "final.keras"}


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="the tracking extra is not installed")
def test_an_address_that_cannot_be(clothes, tmp_path, refused):
    given = ["train", clothes, *SETTINGS, "--out", tmp_path / "run", "--mlflow", "weather://x"]
    refused(given, "MLflow can't use its address", "Received: weather://x")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_package_that_is_not_there_is_named(clothes, tmp_path, refused, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    given = ["train", clothes, *SETTINGS, "--out", tmp_path / "run", f"--{name}", "x"]
    refused(given, f"--{name} needs the package {name}", "minicnn[tracking]")
    assert not (tmp_path / "run").exists()
