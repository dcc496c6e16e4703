"""The drawings: curves, sweeps, confusion matrices. Calm, readable, no overlap."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from minicnn.metrics import interval

from ..runtime import files
from ..types import AnyPath, History, Result
from .words import over_text, value_text

INK, GREY, BLUE = "#222222", "#9a9a9a", "#2166ac"


def _figure(width, height, columns=1):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, columns, figsize=(width, height), layout="constrained", squeeze=False)
    for axis in axes[0]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#e6e6e6", linewidth=0.8)
        axis.set_axisbelow(True)
    return figure, axes[0]


def _write(figure, path):
    import matplotlib.pyplot as plt

    with files.writing(path) as file:
        figure.savefig(file, dpi=120)
    plt.close(figure)


def curves(history: History, path: AnyPath, baseline: float | None = None) -> None:
    """Draw accuracy and loss over the epochs, training and validation.

    Parameters
    ----------
    history : a row an epoch
    path : str or path of the drawing, a PNG
    baseline : float or None
        The accuracy of always naming the largest class.
    """
    figure, (left, right) = _figure(10, 4, 2)
    epochs = [row["epoch"] for row in history]
    best = max(history, key=lambda row: row["val_accuracy"])
    for axis, name in ((left, "accuracy"), (right, "loss")):
        for column, colour, label in ((name, GREY, "training"), (f"val_{name}", BLUE, "validation")):
            axis.plot(epochs, [row[column] for row in history], color=colour, marker="o", markersize=3.5, label=label)
        axis.set_title(name, loc="left", fontsize=11)
        axis.set_xlabel("epoch")
        axis.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
        axis.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    left.set_ylim(0, 1)
    left.scatter(
        [best["epoch"]],
        [best["val_accuracy"]],
        s=60,
        facecolors="none",
        edgecolors=BLUE,
        label=f"best: {best['val_accuracy']:.3f} in epoch {best['epoch']}",
    )
    if baseline is not None:
        left.axhline(
            baseline, color=GREY, linewidth=1, linestyle=":", label=f"always the largest class: {baseline:.3f}"
        )
    right.set_ylim(0, 1.08 * max(max(row["loss"], row["val_loss"]) for row in history))
    figure.legend(*left.get_legend_handles_labels(), frameon=False, fontsize=9, loc="outside lower center", ncols=4)
    _write(figure, path)


def confusion(matrix: ArrayLike, names: Sequence[str], path: AnyPath, title: str = "") -> None:
    """Draw a confusion matrix, each cell shaded by its share of its row.

    Parameters
    ----------
    matrix : (classes, classes) int
        A row for each true class, a column for what it was taken for.
    names : the classes' names
    path : str or path of the drawing, a PNG
    title : str
    """
    matrix = np.asarray(matrix)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.55 * len(names) + 2.2)
    figure, (axis,) = _figure(side + 0.4, side)
    axis.grid(False)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for i in range(len(names)):
        for j in range(len(names)):
            if matrix[i, j]:
                axis.text(
                    j,
                    i,
                    matrix[i, j],
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if share[i, j] > 0.55 else INK,
                )
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("taken for")
    axis.set_ylabel("is")
    axis.set_title(title, loc="left", fontsize=10)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    _write(figure, path)


def sweep(result: Result, path: AnyPath) -> None:
    """Draw each value's mean best accuracy with its spread over seeds, and the interval that n pictures allow.

    Parameters
    ----------
    result : the content of sweep.json
    path : str or path of the drawing, a PNG
    """
    rows = [row for row in result["rows"] if row["best"] is not None]
    figure, (axis,) = _figure(7, 4)
    winner = max(row["best"] for row in rows)
    low, high = interval(winner * result["pictures"], result["pictures"])
    axis.axhspan(
        low,
        high,
        color=BLUE,
        alpha=0.08,
        linewidth=0,
        label=f"95% interval of the best at {result['pictures']} pictures",
    )
    axis.errorbar(
        range(len(rows)),
        [row["best"] for row in rows],
        yerr=[row["sd"] for row in rows],
        fmt="o",
        color=BLUE,
        capsize=4,
        label=f"best epoch, mean and spread of {result['seeds']} seeds",
    )
    axis.scatter(range(len(rows)), [row["last"] for row in rows], marker="_", s=160, color=GREY, label="last epoch")
    axis.set_xticks(range(len(rows)), [value_text(row["value"]).replace(", ", "\n") for row in rows])
    axis.set_xlim(-0.6, len(rows) - 0.4)
    axis.set_xlabel(over_text(result["over"]))
    axis.set_title("validation accuracy", loc="left", fontsize=11)
    figure.legend(frameon=False, fontsize=8.5, loc="outside lower left", ncols=2)
    _write(figure, path)
