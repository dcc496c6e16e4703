"""python -m benchmarks photographs DATA: Tiny VGG learns from photographs, in minicnn and in Keras, side by side.

For each seed both start from the same weights (glorot_uniform) and see the same batches in the same order: 64 px,
batches of 32, Adam with 0.0003. The losses must agree step by step over the first STEPS steps, and the mean paired
difference of the final accuracies must lie within the 95% interval of one accuracy at that many validation pictures.

Adam divides each gradient by its own size, so a weight whose gradient is all rounding still moves by a full step, and
float32 runs part from the exact one within tens of steps, whoever computes them. With 0.001 minicnn and Keras were up
to 5e-3 apart within fifty steps, and each was about as far from the same run in float64; hence the smaller step.
"""

import math

import numpy as np

from minicnn.data import Folder, load_image

from . import machine, peers, progress, results, twins

SIZE, BATCH, STEPS, ALLOWED = 64, 32, 50, 1e-3


def measure(data, epochs, seeds, threads, quick=False):
    """Train both, seed by seed.

    Parameters
    ----------
    data : folder with train and validation
    epochs, seeds, threads : int
    quick : bool
        Few pictures, two epochs, one seed.
    """
    _, missing = peers.load(["keras"], threads)
    if missing:
        raise ValueError(f"`photographs` needs Keras. Received: {missing['keras']}.")
    folder = Folder(data)
    if quick:
        epochs, seeds = 2, 1
    train, validation = (_decoded(folder, split, 64 if quick else None) for split in ("train", "validation"))
    head = machine.header(threads)
    head |= {
        "train": len(train[0]),
        "validation": len(validation[0]),
        "classes": len(folder.class_names),
        "majority": _majority(train[1], validation[1]),
        "steps": [],
    }
    rows = []
    for seed in range(seeds):
        rows += _both(seed, epochs, train, validation, len(folder.class_names), head["steps"])
    return results.part("photographs", head, rows)


def _decoded(folder, split, most):
    """Decode a split once, into memory: (N, SIZE, SIZE, 3) uint8 and class numbers."""
    files, labels = folder.split(split)
    chosen = np.linspace(0, len(files) - 1, min(most or len(files), len(files))).astype(int)
    pictures = [load_image(files[i], SIZE) for i in progress.track(chosen, f"decoding {split}", lambda i: "")]
    return np.stack(pictures), np.asarray(labels)[chosen]


def _majority(train, validation):
    """Return the accuracy of always saying the most frequent class."""
    return float(np.mean(validation == np.bincount(train).argmax()))


def _both(seed, epochs, train, validation, classes, steps):
    """Train both from one seed; append the first steps' relative differences of the loss, give a row an epoch."""
    model = twins.tinyvgg((SIZE, SIZE), classes, seed=seed)
    model.compile(twins.Adam(0.0003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    twin = twins.keras_twin(model)
    (x, y), rows, differences = train, [], []
    for epoch in progress.track(range(epochs), f"seed {seed}", lambda epoch: f"epoch {epoch + 1}"):
        order = np.random.default_rng([seed, epoch]).permutation(len(x))
        losses = []
        for start in range(0, len(order), BATCH):
            at = order[start : start + BATCH]
            batch, labels = x[at].astype(np.float32), y[at]
            losses.append((model.train_on_batch(batch, labels)[0], _keras_step(twin, batch, labels)))
            if not np.isfinite(losses[-1]).all():
                raise ValueError(
                    f"`photographs` compares trainings that go well. Received: losses {losses[-1]} of "
                    f"minicnn and Keras, in epoch {epoch + 1} of seed {seed}."
                )
            if len(differences) < STEPS:
                ours, other = losses[-1]
                differences.append(abs(ours - other) / abs(other))
        ours, other = np.mean(losses, axis=0)
        shown, answers = validation[0].astype(np.float32), validation[1]
        rows.append(
            {
                "seed": seed,
                "epoch": epoch + 1,
                "loss": float(ours),
                "keras_loss": float(other),
                "val_accuracy": float(np.mean(model.predict(shown, batch_size=BATCH).argmax(-1) == answers)),
                "keras_val_accuracy": float(np.mean(twin.predict(shown, BATCH, verbose=0).argmax(-1) == answers)),
            }
        )
    steps.append(max(differences))
    return rows


def _keras_step(twin, x, y):
    """Do one step in Keras; return the loss of this batch alone (its metrics average over an epoch until reset)."""
    twin.reset_metrics()
    return float(twin.train_on_batch(x, y)[0])


def summary(part):
    """Return final and best accuracies of a part.

    Returns
    -------
    dict: last and keras_last: list of final accuracies, a seed each; best and keras_best: of any epoch; difference:
        the mean paired difference; interval: half the 95% interval of one accuracy at that many pictures
    """
    last = {row["seed"]: row for row in part["rows"]}.values()
    ours, other = ([row[key] for row in last] for key in ("val_accuracy", "keras_val_accuracy"))
    p, best = float(np.mean(other)), {}
    for row in part["rows"]:
        for key in ("val_accuracy", "keras_val_accuracy"):
            best[key, row["seed"]] = max(best.get((key, row["seed"]), 0.0), row[key])
    return {
        "last": ours,
        "keras_last": other,
        "difference": float(np.mean(np.subtract(ours, other))),
        "interval": 1.96 * math.sqrt(p * (1 - p) / part["head"]["validation"]),
        "best": [value for (key, _), value in best.items() if key == "val_accuracy"],
        "keras_best": [value for (key, _), value in best.items() if key == "keras_val_accuracy"],
    }


def both_ways(values):
    """Write the mean of some shares, and their spread."""
    return f"{np.mean(values):.1%} ({min(values):.1%} to {max(values):.1%})"


def verdict(part):
    """Say in a few lines what came out, and whether the two conditions hold."""
    found, head = summary(part), part["head"]
    worst = np.max(head["steps"])
    agree = "agree" if worst <= ALLOWED else "DO NOT AGREE"
    inside = "within" if abs(found["difference"]) <= found["interval"] else "OUTSIDE"
    return "\n".join(
        [
            f"{head['train']} photographs to learn from, {head['validation']} to validate, {head['classes']} classes, "
            f"{len(found['last'])} seeds.",
            "",
            f"- after the last epoch: minicnn {both_ways(found['last'])}, Keras {both_ways(found['keras_last'])}",
            f"- best of all epochs: minicnn {both_ways(found['best'])}, Keras {both_ways(found['keras_best'])}",
            f"- always the most frequent class: {head['majority']:.1%}",
            f"- losses of the first {STEPS} steps {agree}: "
            f"relative difference at most {worst:.1e} (allowed {ALLOWED:g})",
            f"- mean paired difference of the final accuracies {found['difference']:+.1%}, "
            f"{inside} the 95% interval of ±{found['interval']:.1%}",
        ]
    )
