"""Gather what the other commands left in their folders into one Markdown file: every figure with its command."""

import platform
import shlex
from itertools import zip_longest
from pathlib import Path

from keras_ref import config as configs
from keras_ref import evaluate, files, plots, speed, stats, sweep, train
from keras_ref.errors import Refusal

RANDOM = (
    "The base is random: the figures show that a head learns behind it and the command works, and say nothing of "
    "ImageNet's features. "
)


def write(folders, out, note=""):
    """Write the report of several result folders to `out`, with a drawing beside it for each training run."""
    out, parts = Path(out), []
    for where in map(Path, folders):
        makers = [maker for name, maker in PARTS.items() if (where / name).is_file()]
        if not makers:
            raise Refusal(
                f"{where} holds no result of this package; give folders written by {', '.join(sorted(NAMES))}."
            )
        parts += [maker(where, out) for maker in makers]
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


def _machine():
    import os
    from importlib.metadata import version

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
    if config.weights == "none":
        what = "a random, frozen base" if config.frozen else "from scratch"
        what += ", every layer learning" if config.unfreeze == "all" else ""
    else:
        what = f"weights {config.weights}"
    head = [
        f"## Xception at {config.size} px, {what}",
        "",
        f"`python -m keras_ref train DATA {_flags(config)}`",
        "",
    ]
    if not (where / "history.csv").is_file():
        return [*head, f"No epoch of {config.epochs} is finished yet."]
    history = train.read_history(where / "history.csv")
    seconds = files.read_json(where / "timing.json")["seconds"] if (where / "timing.json").is_file() else []
    n = len(split["validation"])
    classes = [path.split("/")[-2] for path in split["validation"]]
    majority = max(map(classes.count, split["class_names"])) / n
    drawing = out.with_name(f"{out.stem}_{where.name}.png")
    plots.curves(history, drawing, majority)
    best = train.best(history)
    low, high = stats.wilson(best["val_accuracy"] * n, n)
    unfinished = "" if len(history) >= config.epochs else f" of {config.epochs} that were asked for"
    text = (
        f"{len(history)} epoch{'s' * (len(history) > 1)}{unfinished}, {sum(seconds) / 60:.0f} minutes in all. "
        f"Best validation accuracy **{best['val_accuracy']:.1%}** in epoch {best['epoch']} "
        f"({n} pictures, 95% interval {low:.1%} to {high:.1%}; "
        f"always naming the largest class gives {majority:.1%}). The best epoch was chosen on these same pictures. "
        f"{RANDOM if config.weights == 'none' and config.frozen else ''}".rstrip()
    )
    rows = [
        (row["epoch"], *(f"{row[name]:.4f}" for name in train.COLUMNS[1:]), "-" if s is None else f"{s:.0f}")
        for row, s in zip_longest(history, seconds[: len(history)])
    ]
    return [
        *head,
        text,
        "",
        f"![accuracy and loss by epoch]({drawing.name})",
        "",
        *_table((*train.COLUMNS, "seconds"), rows),
    ]


def _flags(config):
    """Write the settings that differ from the defaults as flags of `train`."""
    return " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(str(value))}"
        for name in configs.SETTINGS
        if (value := getattr(config, name)) != getattr(configs.DEFAULTS, name)
    )


def _sweep(where, out):
    r = files.read_json(where / "sweep.json")
    rows = [sweep.cells(row)[:6] for row in r["rows"]]
    extra = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in r["settings"].items() if name != "weights"
    )
    return [
        f"## Sweep over {r['over']}, weights {r['weights']}",
        "",
        f"`python -m keras_ref sweep DATA --over {r['over']} --weights {r['weights']} --seeds {r['seeds']} "
        f"--epochs {r['epochs']}`",
        "",
        f"Other settings: {extra or 'the defaults'}. {RANDOM if r['weights'] == 'none' else ''}"
        f"Vectors {r['seconds']['vectors']} s, heads {r['seconds']['heads']} s. "
        f"{sweep.verdict(r['over'], r['rows'], r['pictures'])}",
        "",
        *_table((r["over"], "best val. accuracy", "sd over seeds", "epoch of it", "last epoch", "training"), rows),
    ]


def _evaluation(where, out):
    r = files.read_json(where / "evaluation.json")
    low, high = r["interval"]
    rows = [
        (c["class"], c["pictures"], *("-" if c[k] is None else f"{c[k]:.3f}" for k in ("precision", "recall")))
        for c in r["per_class"]
    ]
    return [
        f"## Evaluation of {Path(r['model']).name} on {r['split']}",
        "",
        f"`python -m keras_ref evaluate MODEL DATA --split {r['split']}`",
        "",
        f"{r['right']} of {r['pictures']} right: accuracy {r['accuracy']:.4f} (95% interval {low:.4f} to {high:.4f}), "
        f"loss {r['loss']:.4f}.",
        "",
        *_table(("class", "pictures", "precision", "recall"), rows),
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
        evaluate.sentence(r),
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
    return [*lines, "", speed.sentence(r["grid"])]


def _replay(where, out):
    r = files.read_json(where / "replay.json")
    rows = [
        (row["section"], row["setting"], *map(figure, (row["ours"], row["published"])), row["note"])
        for row in r["rows"]
    ]
    quick = " --quick: one epoch a step at 75 px, the figures mean nothing" if r["quick"] else ""
    return [
        f"## Replay, weights {r['weights']}, as {r['as']}{quick}",
        "",
        f"`python -m keras_ref replay DATA --weights {r['weights']} --as {r['as']}`",
        "",
        *_table(("section", "setting", "ours", "published", "note"), rows),
    ]


def figure(value):
    """Write one cell of a replay: a text as it is, an accuracy with its epoch, or a dash."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    where = f" @{value['epoch']}" if value["epoch"] else ""
    return f"{value['best']:.4f}{where}" + (f", last {value['last']:.4f}" if value["last"] is not None else "")


def _description(where, out):
    r = files.read_json(where / "description.json")
    rows = [(name, *(counts[i] for counts in r["counts"].values())) for i, name in enumerate(r["class_names"])]
    rows.append(("total", *(sum(counts) for counts in r["counts"].values())))
    return [
        "## The photographs",
        "",
        "`python -m keras_ref data describe DATA`",
        "",
        f"{len(r['corrupt'])} corrupt; widths {r['width']['least']} to {r['width']['most']} px, "
        f"heights {r['height']['least']} to {r['height']['most']} px; the largest class is {r['imbalance']:.1f} times "
        f"the smallest; always naming the largest class is right on {r['majority']:.1%} of validation.",
        "",
        *_table(("class", *r["counts"]), rows),
    ]


PARTS = {
    "config.json": _run,
    "sweep.json": _sweep,
    "evaluation.json": _evaluation,
    "comparison.json": _comparison,
    "speed.json": _speed,
    "replay.json": _replay,
    "description.json": _description,
}
NAMES = ("train", "sweep", "evaluate", "speed", "replay", "data describe")
