"""What the terminal and the report both say of a result: rows of tables, and plain sentences on who leads."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from minicnn.metrics import interval

from ..types import Result

CHANCE: float = 0.05  # a difference that is rarer where there is none is more than chance


def class_rows(result: Result) -> list[tuple[Any, ...]]:
    """Return a row for each class of an evaluation: its name, pictures, precision and recall.

    Parameters
    ----------
    result : the content of evaluation.json

    Returns
    -------
    rows : list of tuples
    """
    return [
        (c["class"], c["pictures"], *("-" if c[k] is None else f"{c[k]:.3f}" for k in ("precision", "recall")))
        for c in result["per_class"]
    ]


def further(result: Result) -> str:
    """Say of an evaluation what accuracy alone does not: top 3, macro-F1, calibration, what the threshold leaves.

    Parameters
    ----------
    result : the content of evaluation.json

    Returns
    -------
    sentence : str
    """
    among = "" if result["top3"] is None else f"among the three most probable: {result['top3']:.4f}; "
    heat, ece = result["temperature"], f"calibration error {result['ece']:.4f}"
    ece += "" if heat is None else f" (temperature {heat:.3g}; {result['ece_without_temperature']:.4f} without)"
    said = f"{among}macro-F1 {result['macro_f1']:.4f}; {ece}."
    if result.get("calibrated_on") and result["split"] in (result["calibrated_on"], "all"):
        said += (
            f" A temperature is fitted on {result['calibrated_on']} pictures, and these are judged here: on others, as "
            "of a test/ folder, the error is probably larger."
        )
    if kept := result["answered"]:
        said += (
            f" With the threshold {kept['threshold']:.3g} {kept['pictures']} of {result['pictures']} are answered, "
            f"{kept['right']} of them right; the others are none of these."
        )
    return said[0].upper() + said[1:]


def calibrated(name: Any, fitted: Result) -> str:
    """Say what a calibration fitted.

    Parameters
    ----------
    name : the model's
    fitted : what `evaluate.calibrate` returns

    Returns
    -------
    sentence : str
    """
    before, after = fitted["before"], fitted["after"]
    threshold = "" if fitted["threshold"] is None else f", threshold {fitted['threshold']:.3g}"
    return (
        f"{name} now holds temperature {fitted['temperature']:.3g}{threshold}, fitted on {fitted['pictures']} "
        f"{fitted['split']} pictures: calibration error {before['ece']:.4f} to {after['ece']:.4f}, "
        f"loss {before['loss']:.4f} to {after['loss']:.4f}."
        + (" It was fitted on answers with --mirror: predict needs --mirror too." if fitted["mirror"] else "")
    )


def quantized(figures: Result) -> str:
    """Say what computing in 8-bit numbers costs.

    Parameters
    ----------
    figures : what `quantize.export` returns

    Returns
    -------
    sentence : str
    """
    n, size = figures["pictures"], f"{figures['bytes'] / 1e6:.1f} MB"
    return (
        f"{size}; on {n} {figures['split']} pictures {figures['int8']} are right, in float32 {figures['float32']} "
        f"(accuracy {figures['int8'] / n:.4f} and {figures['float32'] / n:.4f}); both answer {figures['agree']} alike."
    )


def count_rows(result: Result) -> list[tuple[Any, ...]]:
    """Return a row for each class of a description, a column for each split, and the totals.

    Parameters
    ----------
    result : the content of description.json

    Returns
    -------
    rows : list of tuples
    """
    counts = result["counts"].values()
    rows = [(name, *(of[i] for of in counts)) for i, name in enumerate(result["class_names"])]
    return [*rows, ("total", *map(sum, counts))]


def over_text(over: str | Sequence[str]) -> str:
    """Return the name of what a sweep varies.

    Parameters
    ----------
    over : a setting, or two

    Returns
    -------
    text : str
    """
    return over if isinstance(over, str) else ", ".join(over)


def value_text(value: Any) -> str:
    """Return a value of a sweep as a text.

    Parameters
    ----------
    value : a number or a text, or a list of two

    Returns
    -------
    text : str
    """
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def sweep_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row of sweep.json as texts.

    Parameters
    ----------
    row : dict

    Returns
    -------
    cells : value, best, spread, epochs of it, last epoch, training, least loss, p against the best
    """
    if row["best"] is None:
        return value_text(row["value"]), "diverged", *["-"] * 6
    return (
        value_text(row["value"]),
        f"{row['best']:.4f}",
        f"{row['sd']:.4f}",
        ", ".join(map(str, row["epoch"])),
        f"{row['last']:.4f}",
        f"{row['train']:.4f}",
        f"{row['min_val_loss']:.4f}",
        "-" if row.get("p") is None else _digits(row["p"]),
    )


def replay_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row of replay.json as texts.

    Parameters
    ----------
    row : dict

    Returns
    -------
    cells : section, setting, ours, published
    """
    return row["section"], row["setting"], figure(row["ours"]), figure(row["published"])


def figure(value: Any) -> str:
    """Write one figure of a replay.

    Parameters
    ----------
    value : None, a text, or a dict with best, epoch and last

    Returns
    -------
    text : "-", the text as it is, or an accuracy with its epoch
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    where = f" @{value['epoch']}" if value["epoch"] else ""
    return f"{value['best']:.4f}{where}" + (f", last {value['last']:.4f}" if value["last"] is not None else "")


def nothing_learned(row: dict[str, Any], classes: int) -> str:
    """Say of a first epoch that it learned nothing, or nothing.

    Parameters
    ----------
    row : dict with the keys of history.csv
    classes : int

    Returns
    -------
    sentence : str, empty where it learned
    """
    guess = math.log(classes)
    if max(abs(row["loss"] - guess), abs(row["val_loss"] - guess)) > 0.01 * guess:
        return ""
    return (
        f"The net has learned nothing yet: its loss is that of a guess among {classes} classes, {guess:.4f}. If that "
        "stays so, the part that learns sees nothing to learn from: start from trained weights, or unfreeze more."
    )


def on_the_largest(history: Sequence[dict[str, Any]], largest: float, pictures: int) -> str:
    """Say of a run that it is no better than always naming the largest class, or nothing.

    Parameters
    ----------
    history : a row an epoch
    largest : float, the share of validation's largest class
    pictures : int, of validation

    Returns
    -------
    sentence : str, empty where the run is better
    """
    best = max(row["val_accuracy"] for row in history)
    if best > largest + 0.5 / pictures:
        return ""
    return f"No epoch is better than always naming the largest class, {largest:.4f} on validation."


def compared(result: Result) -> str:
    """Say what a comparison of two models found.

    Parameters
    ----------
    result : the content of comparison.json

    Returns
    -------
    sentence : str
    """
    p = _probability(result["p"])
    beyond = "a difference beyond chance" if result["p"] < CHANCE else "no difference beyond chance"
    only = f"Only A is right on {result['only_a']}, only B on {result['only_b']} pictures"
    return f"{only}: McNemar's exact {p}, {beyond}."


def _probability(p):
    return "p < 0.001" if p < 0.001 else f"p = {_digits(p)}"


def _digits(p):
    """Write a probability with three digits, or with as many more as show on which side of CHANCE it is."""
    more = (f"{p:.{digits}f}" for digits in itertools.count(3))
    return next(text for text in more if (float(text) < CHANCE) == (p < CHANCE))


def measured(grid: dict[str, Any]) -> str:
    """Say what `speed` measured on the course's grid, and what of it is extrapolated.

    Parameters
    ----------
    grid : speed.json's "grid"

    Returns
    -------
    sentence : str
    """
    first, later = grid["whole_epoch_seconds"]
    return (
        f"The grid of 8.5 to 8.9, {grid['runs']} runs, {grid['epochs']} epochs: {grid['fast_seconds']} s on stored "
        f"vectors, {grid['pass_seconds']} s of them for the one pass through the base. Through the whole net: "
        f"{grid['slow_seconds_extrapolated']} s, extrapolated from two whole epochs ({first} s for a run's first, "
        f"{later} s for each later one), {grid['times_faster']} times as long."
    )


def verdict(over: str | Sequence[str], rows: Sequence[dict[str, Any]], n: int) -> str:
    """Say which value of a sweep leads, whether that is more than chance, and what diverged.

    Parameters
    ----------
    over : the setting, or two
    rows : sweep.json's "rows"
    n : int, validation pictures

    Returns
    -------
    sentence : str
    """
    finite = [row for row in rows if row["best"] is not None]
    lost = [_with_value(over, row) for row in rows if row["best"] is None]
    return _leader(over, finite, n) + (f" Diverged: {', '.join(lost)}." if lost else "")


def _with_value(over, row):
    """Return "lr=0.001", or "lr=0.001 with inner=100" of two settings."""
    if isinstance(over, str):
        return f"{over}={value_text(row['value'])}"
    return " with ".join(f"{name}={value_text(value)}" for name, value in zip(over, row["value"], strict=True))


def _leader(over, rows, n):
    ranked = sorted(rows, key=lambda row: -row["best"])
    if len(ranked) == 1:
        return f"Only {_with_value(over, ranked[0])} has figures; there is nothing to compare."
    first, second = ranked[:2]
    lead = first["best"] - second["best"]
    if lead * n < 0.05:
        both = f"{_with_value(over, first)} and {_with_value(over, second)}"
        return f"{both} are level on {n} pictures: no winner can be named."
    pictures = f"{lead * n:.1f}".removesuffix(".0")
    unit = "picture" if pictures == "1" else "pictures"
    lead_text = f"{_with_value(over, first)} leads {_with_value(over, second)} by {pictures} {unit} of {n}"
    if second.get("p") is not None:
        p, seeds = second["p"], len(second["epoch"])
        beyond = "a difference beyond chance" if p < CHANCE else "no winner can be named"
        return f"{lead_text}; paired over {seeds} seed{'s' * (seeds > 1)} and {n} pictures {_probability(p)}: {beyond}."
    low, high = interval(first["best"] * n, n)  # sweeps of before kept no answers to single pictures
    half = (high - low) / 2
    if lead < half:
        return f"{lead_text}, less than the 95% interval of +-{half * 100:.1f} points: no winner can be named."
    return f"{lead_text}, more than the 95% interval of +-{half * 100:.1f} points."
