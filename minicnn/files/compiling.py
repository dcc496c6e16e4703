"""Translate compile settings and the optimizer's state, of Keras 2 and 3, to what Keras 3's config.json has."""

from typing import Any

import numpy as np

from ..types import AnyArray
from .dialect import RENAMED
from .model_file import Config

DROPPED: tuple[str, ...] = ("jit_compile", "is_legacy_optimizer")  # of an optimizer: how it runs, not what it does


def compile_settings(settings: Config) -> Config | None:
    """Return compile settings as Keras 3's config.json has them.

    Parameters
    ----------
    settings : dict
        The compile_config of a `.keras` file, or the training_config of whole-model HDF5, of Keras 2 or 3.

    Returns
    -------
    settings : dict or None
        None where they name no optimizer.
    """
    optimizer = settings.get("optimizer", settings.get("optimizer_config"))
    if not isinstance(optimizer, dict) or not isinstance(optimizer.get("config"), dict):
        return None
    given: Config = optimizer["config"]
    config = {RENAMED.get(key, key): value for key, value in given.items() if key not in DROPPED}
    if not config.get("decay"):
        config.pop("decay", None)
    name = str(optimizer.get("class_name")).removeprefix("Custom>")
    metrics = settings.get("metrics")
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        metrics = metrics[0]
    return {
        "optimizer": {"module": "keras.optimizers", "class_name": name, "config": config, "registered_name": None},
        "loss": _loss(settings.get("loss")),
        "loss_weights": settings.get("loss_weights"),
        "metrics": [_metric(metric) for metric in metrics] if isinstance(metrics, list) else metrics,
        "weighted_metrics": settings.get("weighted_metrics"),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def optimizer_state(arrays: list[AnyArray], settings: Config | None) -> list[AnyArray] | None:
    """Return an optimizer's state in Keras 3's order; Keras 2 has no learning rate among the arrays.

    Parameters
    ----------
    arrays : list of ndarray
        As they lie in the file: iteration, perhaps the learning rate, slots array by array.
    settings : dict or None
        Compile settings, as `compile_settings` returns them.

    Returns
    -------
    state : list of ndarray or None
        None where there is none, or nothing tells the learning rate. Where that is a schedule the state has none.
    """
    if not arrays or settings is None:
        return None
    iteration = arrays[0].astype(np.int64)
    rate = settings["optimizer"]["config"].get("learning_rate")
    if is_rate(arrays[1:2]) or isinstance(rate, dict):
        return [iteration, *arrays[1:]]
    if not isinstance(rate, float):
        return None
    return [iteration, np.asarray(rate, np.float32), *arrays[1:]]


def is_rate(arrays: list[Any]) -> bool:
    """Tell whether what follows the iteration, if anything does, is the learning rate: one number."""
    return bool(arrays) and np.shape(arrays[0]) == ()


def _loss(loss: Any) -> Any:
    if not isinstance(loss, dict) or not isinstance(loss.get("config"), dict):
        return loss
    config = {key: value for key, value in loss["config"].items() if key != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {"module": "keras.losses", "registered_name": None, **loss, "config": config}


def _metric(metric: Any) -> Any:
    """Return a metric; Keras 2 wraps the function that "accuracy" turned out to mean."""
    if not isinstance(metric, dict) or not isinstance(metric.get("config"), dict):
        return metric
    if metric.get("class_name") == "MeanMetricWrapper":
        name = metric["config"].get("name")
        return "accuracy" if name in ("accuracy", "acc") else metric["config"].get("fn")
    return {"module": "keras.metrics", "registered_name": None, **metric}
