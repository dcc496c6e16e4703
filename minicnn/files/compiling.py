"""Translate compile settings and the optimizer's state, of Keras 2 and 3, to what Keras 3's config.json has."""

import re
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


def array_by_array(names: list[str], arrays: list[AnyArray], class_name: str) -> list[AnyArray]:
    """Order an optimizer's arrays as Keras 3 has them: iteration, then all that belongs to one weight together.

    Keras before 2.11 went slot by slot. tf.keras calls the arrays "Adam/conv2d/kernel/m:0"; Keras 2.0 to 2.3
    "training/Adam/Variable_3:0", "training/Adam/m_3:0" or "param_3", and adds a placeholder of shape (1,) a weight
    where Adam is not AMSGrad.

    Parameters
    ----------
    names : list of str
        As the file lists them.
    arrays : list of ndarray
        In that order.
    class_name : str
        The optimizer's.

    Returns
    -------
    arrays : list of ndarray
        Empty where they belong to an optimizer that is not known here: it starts afresh.

    Examples
    --------
    >>> names = ["Adam/iterations:0", "training/Adam/Variable:0", "training/Adam/Variable_1:0"]
    >>> [int(array) for array in array_by_array(names, [np.int64(7), np.float32(1), np.float32(2)], "Adam")]
    [7, 1, 2]
    """
    ends = [name.partition(":")[0].split("/")[-1] for name in names]
    first, rest = ends[:1], list(zip(ends[1:], arrays[1:], strict=True))
    if first == ["iter"]:
        slots: dict[str, list[AnyArray]] = {}
        for end, array in rest:
            slots.setdefault(end, []).append(array)
        if tuple(slots) not in ((), ("momentum",), ("m", "v")):
            return []
    elif first == ["iterations"] or ends and all(re.fullmatch(r"param_\d+", end) for end in ends):
        slots = _numbered_slots(rest, class_name)
        if not slots and rest:
            return []
    else:
        return arrays
    if len(set(map(len, slots.values()))) > 1:
        return []
    return arrays[:1] + [array for of_one in zip(*slots.values(), strict=True) for array in of_one]


def _numbered_slots(rest: list[tuple[str, AnyArray]], class_name: str) -> dict[str, list[AnyArray]]:
    """Sort arrays with numbers in their names into slots; none where they are no SGD's and no Adam's."""
    wanted = {"SGD": ("m",), "Adam": ("m", "v")}.get(class_name)
    if wanted is None:
        return {}
    found: dict[str, list[tuple[int, AnyArray]]] = {}
    for end, array in rest:
        stem, number = re.fullmatch(r"(.*?)_?(\d*)", end, re.S).groups()  # type: ignore[union-attr]
        found.setdefault(stem, []).append((int(number or 0), array))
    ordered = {stem: [array for _, array in sorted(pairs, key=lambda pair: pair[0])] for stem, pairs in found.items()}
    if len(ordered) == 1:  # "Variable_7": the slots lie one after the other
        arrays = next(iter(ordered.values()))
        count = len(arrays) // len(wanted)
        if len(wanted) == 2 and len(arrays) % 3 == 0 and all(a.shape == (1,) for a in arrays[2 * len(arrays) // 3 :]):
            count = len(arrays) // 3
            arrays = arrays[: 2 * count]
        if len(arrays) != count * len(wanted):
            return {}
        return {name: arrays[k * count : (k + 1) * count] for k, name in enumerate(wanted)}
    if set(ordered) - {"vhat"} != set(wanted) or any(array.shape != (1,) for array in ordered.get("vhat", [])):
        return {}
    return {name: ordered[name] for name in wanted}


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
