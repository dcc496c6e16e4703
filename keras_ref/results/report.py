"""Gather what the other commands left in their folders into one Markdown file: every figure with its command."""

import os
import platform
import shlex
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path

from minicnn.metrics import interval

from .. import config as configs
from ..config import BASES
from ..runtime import files, first_line
from ..types import AnyPath
from . import plots, words
from .history import COLUMNS, best, read_history

RANDOM: str = (
    "The base is random: the figures show that a head learns on top of it and the command works, and say nothing of "
    "ImageNet's features. "
)


def write(folders: Sequence[AnyPath], out: AnyPath, note: str = "") -> Path:
    """Write the report of several result folders, with a drawing beside it for each training run.

    Parameters
    ----------
    folders : paths of folders that train, sweep, evaluate, speed, replay and data describe wrote
    out : str or path of the Markdown file
    note : str, a sentence on the circumstances

    Returns
    -------
    out : Path

    Raises
    ------
    ValueError
        A folder holds no result, or one that is not as its command wrote it.
    """
    out, parts = Path(out), []
    for where in map(Path, folders):
        names = [name for name in PARTS if (where / name).is_file()]
        if not names:
            raise ValueError(
                f"{where} holds no result of this package; give folders written by {', '.join(sorted(NAMES))}."
            )
        parts += [_part(where, name, out) for name in names]
    head = [
        "# Results",
        "",
        "Written by `python -m keras_ref report`. Every table names the command that repeats it; `DATA` is the folder",
        "of photographs.",
        "",
        f"Machine: {_machine()}. {note}".rstrip(),
        "",
    ]
    files.write_text(out, "\n".join(head + [line for part in parts for line in [*part, ""]]))
    return out


def _part(where, name, out):
    """Return the lines on one result; what somebody changed in it by hand may lack anything, or be of any kind."""
    try:
        return PARTS[name](where, out)
    except KeyError as fault:
        why = f"it lacks {fault}"
    except (LookupError, TypeError, AttributeError, ArithmeticError) as fault:
        why = first_line(fault)
    except ValueError as fault:  # of who reads or draws, which names a file; or of a figure that is no number, say
        if any(str(path) in str(fault) for path in (*where.iterdir(), _drawing(where, out))):
            raise
        why = first_line(fault)
    raise ValueError(f"{where / name} or what lies beside it is not as its command wrote it: {why.rstrip('.')}.")


def _drawing(where, out):
    return out.with_name(f"{out.stem}_{where.name}.png")


def _machine():
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy", "pillow"))
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}, Python {platform.python_version()}, {packages}"


def _table(columns, rows):
    return [
        f"| {' | '.join(columns)} |",
        "|" + " --- |" * len(columns),
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]


def _run(where, out):
    """Report a training, a finished one or not: whatever epochs it has by now."""
    config, split = configs.read(where / "config.json"), files.read_json(where / "split.json")
    head = [
        f"## {BASES[config.base].title} at {config.size} px, {_base(config)}",
        "",
        f"`python -m keras_ref train DATA {_flags(config)}`",
        "",
    ]
    if not (where / "history.csv").is_file():
        return [*head, f"No epoch of {config.epochs} is finished yet."]
    history = read_history(where / "history.csv")
    seconds = files.read_json(where / "timing.json")["seconds"] if (where / "timing.json").is_file() else []
    classes = [path.split("/")[-2] for path in split["validation"]]
    majority = max(map(classes.count, split["class_names"])) / len(classes)
    drawing = _drawing(where, out)
    plots.curves(history, drawing, majority)
    rows = [
        (row["epoch"], *(f"{row[name]:.4f}" for name in COLUMNS[1:]), "-" if s is None else f"{s:.0f}")
        for row, s in zip_longest(history, seconds[: len(history)])
    ]
    return [
        *head,
        _told(config, history, sum(seconds), len(classes), majority),
        "",
        f"![accuracy and loss by epoch]({drawing.name})",
        "",
        *_table((*COLUMNS, "seconds"), rows),
    ]


def _base(config):
    if config.weights != "none":
        return f"weights {config.weights}"
    what = "a random, frozen base" if config.frozen else "from scratch"
    return what + (", every layer learning" if config.unfreeze == "all" else "")


def _told(config, history, seconds, n, majority):
    top = best(history)
    low, high = interval(top["val_accuracy"] * n, n)
    unfinished = "" if len(history) >= config.epochs else f" of {config.epochs} that were asked for"
    return (
        f"{len(history)} epoch{'s' * (len(history) > 1)}{unfinished}, {seconds / 60:.0f} minutes in all. "
        f"Best validation accuracy **{top['val_accuracy']:.1%}** in epoch {top['epoch']} "
        f"({n} pictures, 95% interval {low:.1%} to {high:.1%}; "
        f"always naming the largest class gives {majority:.1%}). The best epoch was chosen on these same pictures. "
        f"{RANDOM if config.weights == 'none' and config.frozen else ''}".rstrip()
    )


def _flags(config):
    """Write the settings that differ from the defaults as flags of `train`."""
    return " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(str(value))}"
        for name in configs.SETTINGS
        if (value := getattr(config, name)) != getattr(configs.DEFAULTS, name)
    )


def _sweep(where, out):
    r = files.read_json(where / "sweep.json")
    rows = [words.sweep_cells(row)[:6] for row in r["rows"]]
    extra = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in r["settings"].items() if name != "weights"
    )
    over = words.over_text(r["over"])
    return [
        f"## Sweep over {over}, weights {r['weights']}",
        "",
        f"`python -m keras_ref sweep DATA --over {over.replace(', ', ' --over ')} --weights {r['weights']} "
        f"--seeds {r['seeds']} --epochs {r['epochs']}`",
        "",
        f"Other settings: {extra or 'the defaults'}. {RANDOM if r['weights'] == 'none' else ''}"
        f"Vectors {r['seconds']['vectors']} s, heads {r['seconds']['heads']} s. "
        f"{words.verdict(r['over'], r['rows'], r['pictures'])}",
        "",
        *_table((over, "best val. accuracy", "sd over seeds", "epoch of it", "last epoch", "training"), rows),
    ]


def _evaluation(where, out):
    r = files.read_json(where / "evaluation.json")
    low, high = r["interval"]
    return [
        f"## Evaluation of {Path(r['model']).name} on {r['split']}",
        "",
        f"`python -m keras_ref evaluate MODEL DATA --split {r['split']}{' --mirror' if r.get('mirror') else ''}`",
        "",
        f"{r['right']} of {r['pictures']} right: accuracy {r['accuracy']:.4f} (95% interval {low:.4f} to {high:.4f}), "
        f"loss {r['loss']:.4f}. {words.further(r) if 'ece' in r else ''}".rstrip(),  # runs of before lack the others
        "",
        *_table(("class", "pictures", "precision", "recall"), words.class_rows(r)),
    ]


def _comparison(where, out):
    r = files.read_json(where / "comparison.json")
    rows = [(key.upper(), r[key]["right"], f"{r[key]['accuracy']:.4f}", f"{r[key]['loss']:.4f}") for key in ("a", "b")]
    return [
        f"## Two models on {r['split']}",
        "",
        f"`python -m keras_ref evaluate A B DATA --split {r['split']}`: A is {Path(r['models'][0]).name}, "
        f"B is {Path(r['models'][1]).name}.",
        "",
        words.compared(r),
        "",
        *_table(("", f"right of {r['a']['pictures']}", "accuracy", "loss"), rows),
    ]


def _speed(where, out):
    r = files.read_json(where / "speed.json")
    lines = ["## Speed", "", f"`python -m keras_ref speed DATA --weights {r['weights']}`", ""]
    rates = r["loading"]["pictures_per_second"]
    lines += [
        f"Loading {r['loading']['pictures']} photographs at {r['loading']['size']} px, "
        f"medians of {r['loading']['rounds']} alternated "
        f"rounds; first pass {r['loading']['first_pass_ratio']} times ImageDataGenerator's rate.",
        "",
        *_table(("reader", "pictures a second"), list(rates.items())),
    ]
    return [*lines, "", words.measured(r["grid"])]


def _replay(where, out):
    r = files.read_json(where / "replay.json")
    rows = [(*words.replay_cells(row), row["note"]) for row in r["rows"]]
    quick = " --quick: one epoch a step at 75 px, the figures mean nothing" if r["quick"] else ""
    return [
        f"## Replay, weights {r['weights']}, as {r['as']}{quick}",
        "",
        f"`python -m keras_ref replay DATA --weights {r['weights']} --as {r['as']}`",
        "",
        *_table(("section", "setting", "ours", "published", "note"), rows),
    ]


def _description(where, out):
    r = files.read_json(where / "description.json")
    return [
        "## The photographs",
        "",
        "`python -m keras_ref data describe DATA`",
        "",
        f"{len(r['corrupt'])} corrupt; widths {r['width']['least']} to {r['width']['most']} px, "
        f"heights {r['height']['least']} to {r['height']['most']} px; the largest class is {r['imbalance']:.1f} times "
        f"the smallest; always naming the largest class is right on {r['majority']:.1%} of validation.",
        "",
        *_table(("class", *r["counts"]), words.count_rows(r)),
    ]


PARTS: dict[str, Callable[[Path, Path], list[str]]] = {  # the file of a result, and who writes its part
    "config.json": _run,
    "sweep.json": _sweep,
    "evaluation.json": _evaluation,
    "comparison.json": _comparison,
    "speed.json": _speed,
    "replay.json": _replay,
    "description.json": _description,
}
NAMES: tuple[str, ...] = ("train", "sweep", "evaluate", "speed", "replay", "data describe")
