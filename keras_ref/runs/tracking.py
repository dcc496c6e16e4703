"""Runs told to TensorBoard or MLflow as they go: settings, figures, drawings, and with MLflow the model.

Each is a Keras callback that knows its run folder, and takes what it tells from the files there. Extra `tracking`.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .. import runtime
from ..runtime import files, first_line
from ..types import AnyPath

Tracker = Any  # a keras.callbacks.Callback


def trackers(tensorboard: AnyPath | None, mlflow: str | None) -> Callable[[Path], list[Tracker]]:
    """Return what makes the trackers of a run.

    Parameters
    ----------
    tensorboard : str or path of the folder for TensorBoard's files, a folder a run in it, or None
    mlflow : address of MLflow's server or, sqlite:///FILE, of its database, or None

    Returns
    -------
    make : function of a run folder, which gives the callbacks that tell of it

    Raises
    ------
    ValueError
        The package is not there, or the address can't be used.
    """
    if tensorboard is not None:
        _package("tensorboard")
    if mlflow is not None:
        _experiment(mlflow)

    def make(out: Path) -> list[Tracker]:
        made = [] if tensorboard is None else [_tensorboard(Path(tensorboard), out)]
        return made + ([] if mlflow is None else [_mlflow(mlflow, out)])

    return make


def _package(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ValueError(
            f"--{name} needs the package {name}; install it with: pip install 'minicnn[tracking]'."
        ) from None


def _settings(out):
    return files.read_json(out / "config.json")


def _figures(logs):
    return {name: float(value) for name, value in (logs or {}).items()}


def _tensorboard(root, out):
    tf, keras = runtime.load()

    class TensorBoard(keras.callbacks.Callback):
        """Scalars an epoch, the settings as a table, at the end the curves."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.writer = tf.summary.create_file_writer(str(root / out.name))
            rows = "\n".join(f"|{name}|{value}|" for name, value in _settings(out).items())
            with self.writer.as_default():
                tf.summary.text("settings", f"|setting|value|\n|---|---|\n{rows}", step=0)
            self.writer.flush()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            with self.writer.as_default():
                for name, value in _figures(logs).items():
                    tf.summary.scalar(name, value, step=epoch + 1)
                rate = float(self.model.optimizer.learning_rate)
                tf.summary.scalar("learning_rate", rate, step=epoch + 1)
            self.writer.flush()

        def on_run_end(self) -> None:
            if (out / "curves.png").is_file():
                with Image.open(out / "curves.png") as drawing, self.writer.as_default():
                    tf.summary.image("curves", np.asarray(drawing.convert("RGB"))[None], step=0)
            self.writer.close()

    return TensorBoard()


def _experiment(address):
    """Return a client of an address, and the number of the experiment keras_ref there, new or not."""
    client_of = _package("mlflow").MlflowClient
    try:
        client = client_of(tracking_uri=address)
        found = client.get_experiment_by_name("keras_ref")
        return client, found.experiment_id if found else client.create_experiment("keras_ref")
    except Exception as error:  # of its stores each fails in its own way
        raise ValueError(
            f"MLflow can't use its address; give its server's or sqlite:///FILE. Received: {address}; "
            f"it says: {first_line(error)}"
        ) from None


def _mlflow(address, out):
    _, keras = runtime.load()
    client, experiment = _experiment(address)

    class MLflow(keras.callbacks.Callback):
        """A run of the experiment keras_ref: parameters, metrics an epoch, at the end the run folder's files."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.id = client.create_run(experiment, run_name=out.name).info.run_id
            for name, value in _settings(out).items():
                client.log_param(self.id, name, value)
            self._send("config.json", "run.json", "split.json", "class_names.json")

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            rate = {"learning_rate": float(self.model.optimizer.learning_rate)}
            for name, value in (_figures(logs) | rate).items():
                client.log_metric(self.id, name, value, step=epoch + 1)

        def on_run_end(self) -> None:
            self._send("curves.png", "history.csv", "best.keras", "final.keras")
            client.set_terminated(self.id)

        def _send(self, *names: str) -> None:
            for name in names:
                if (out / name).is_file():
                    client.log_artifact(self.id, str(out / name))

    return MLflow()
