"""Vary one setting as the course does in 8.6, 8.8 and 8.9: several seeds, error bars, a plain word on the winner."""

import time

import numpy as np

from keras_ref import config as configs
from keras_ref import console, data, features, files, folder, model, plots, runtime, stats, train
from keras_ref.errors import Diverged, Refusal

GRIDS = {  # setting: (values, the other settings, epochs), each as in its section
    "lr": ((0.0001, 0.001, 0.01, 0.1), {}, 10),
    "inner": ((10, 100, 1000), {"lr": 0.001}, 10),
    "dropout": ((0.0, 0.2, 0.5, 0.8), {"lr": 0.001, "inner": 100}, 30),
    "size": ((150, 299), {"lr": 0.0005, "inner": 100, "dropout": 0.2}, 20),
}


class Vectors:
    """The stored vectors of a data folder's training and validation pictures for one frozen base."""

    def __init__(self, config, found, store):
        runtime.repeatable(config.seed)
        self.classes = len(found.class_names)
        classifier = model.build(config, self.classes)
        self.sides = []
        for name in ("train", "validation"):
            split = found.splits[name]
            loaded = data.Pictures(split.paths, data.square(config.size), split.labels, self.classes, keep=False)
            self.sides.append((features.vectors(classifier, loaded, store), loaded.one_hot))


def head_history(config, vectors, advance=lambda: None):
    """Train one head on stored vectors; return its history. The same seed gives what `train` gives."""
    runtime.repeatable(config.seed)
    (x, y), (val_x, val_y) = vectors.sides
    head = model.build_head(config, x.shape[1], vectors.classes)
    model.compile_net(head, config.lr, steps_at_once=32)
    check = features.batches(val_x, val_y, config.batch_size)
    history = []
    for epoch in range(1, config.epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(x))
        history.append(
            train.one_epoch(head, features.batches(x, y, config.batch_size, order), check, epoch, config.seed)
        )
        advance()
    return history


def run(data_folder, over, out, values=None, seeds=3, epochs=None, store=None, **settings):
    """Train every value with every seed; write sweep.json and sweep.png to the new folder `out`; return the figures."""
    grid, fixed, default_epochs = GRIDS[over]
    values = list(values or grid)
    base = configs.Config(str(data_folder), **(fixed | {"epochs": epochs or default_epochs} | settings))
    made = [base.replace(**{over: value}) for value in values]
    if not all(config.cacheable for config in made):
        raise Refusal("A sweep trains heads on stored vectors: it needs a frozen base and no augmentation.")
    found = folder.read(data_folder, base.split_seed)
    out = files.unused(out)
    started, stored, rows = time.perf_counter(), {}, []
    for config in made:
        if config.size not in stored:
            stored[config.size] = Vectors(config, found, store)
    vectors_at = time.perf_counter()
    with console.progress(f"sweep over {over}", len(made) * seeds * base.epochs) as advance:
        for value, config in zip(values, made, strict=True):
            seeded = (config.replace(seed=base.seed + k) for k in range(seeds))
            rows.append(_row(value, [_finite_history(one, stored[config.size], advance) for one in seeded]))
    if all(row["diverged"] for row in rows):
        raise Diverged(f"Every value of {over} diverged to a loss that is not finite. Received: {values}.")
    n = len(found.splits["validation"])
    result = {
        "over": over,
        "data": str(data_folder),
        "weights": base.weights,
        "pictures": n,
        "seeds": seeds,
        "epochs": base.epochs,
        "settings": {k: v for k, v in fixed.items()} | settings,
        "rows": rows,
        "sentence": verdict(over, rows, n),
        "seconds": {"vectors": round(vectors_at - started, 1), "heads": round(time.perf_counter() - vectors_at, 1)},
    }
    files.write_json(out / "sweep.json", result)
    plots.sweep(result, out / "sweep.png")
    return result


def _finite_history(config, vectors, advance):
    try:
        return head_history(config, vectors, advance)
    except Diverged:
        return None


def _row(value, runs):
    """Give a value's figures over its seeds; a value that diverged with any of them has none."""
    row = {"value": value, "diverged": runs.count(None)}
    if row["diverged"]:
        return row | dict.fromkeys(("best", "sd", "last", "train", "min_val_loss")) | {"epoch": []}
    best = [train.best(run) for run in runs]
    mean, sd = stats.mean_sd([row["val_accuracy"] for row in best])
    return row | {
        "best": mean,
        "sd": sd,
        "epoch": [row["epoch"] for row in best],
        "last": stats.mean_sd([run[-1]["val_accuracy"] for run in runs])[0],
        "train": stats.mean_sd([run[-1]["accuracy"] for run in runs])[0],
        "min_val_loss": stats.mean_sd([min(row["val_loss"] for row in run) for run in runs])[0],
    }


def cells(row):
    """Give a row of sweep.json as texts: value, best, spread, epochs of it, last epoch, training, least loss."""
    if row["best"] is None:
        return f"{row['value']:g}", "diverged", *["-"] * 5
    return (
        f"{row['value']:g}",
        f"{row['best']:.4f}",
        f"{row['sd']:.4f}",
        ", ".join(map(str, row["epoch"])),
        f"{row['last']:.4f}",
        f"{row['train']:.4f}",
        f"{row['min_val_loss']:.4f}",
    )


def verdict(over, rows, n):
    """Say who leads, by how many of the n validation pictures, whether that is more than chance, and what diverged."""
    finite = [row for row in rows if row["best"] is not None]
    lost = [f"{over}={row['value']:g}" for row in rows if row["best"] is None]
    return _leader(over, finite, n) + (f" Diverged: {', '.join(lost)}." if lost else "")


def _leader(over, rows, n):
    ranked = sorted(rows, key=lambda row: -row["best"])
    if len(ranked) == 1:
        return f"Only {over}={ranked[0]['value']} has figures; there is nothing to compare."
    first, second = ranked[:2]
    lead = first["best"] - second["best"]
    if lead * n < 0.05:
        both = f"{over}={first['value']} and {over}={second['value']}"
        return f"{both} are level on {n} pictures: no winner can be named."
    low, high = stats.wilson(first["best"] * n, n)
    pictures = f"{lead * n:.1f}".removesuffix(".0")
    unit = "picture" if pictures == "1" else "pictures"
    lead_text = f"{over}={first['value']} leads {over}={second['value']} by {pictures} {unit} of {n}"
    half = (high - low) / 2
    if lead < half:
        return f"{lead_text}, less than the 95% interval of +-{half * 100:.1f} points: no winner can be named."
    return f"{lead_text}, more than the 95% interval of +-{half * 100:.1f} points."
