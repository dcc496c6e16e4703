"""Two pictures of the results: the roofline, and one bar of ratios for each suite and pass."""

import math

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from minicnn.files import replacing

from . import table

matplotlib.use("Agg")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")  # Okabe and Ito's
MARKS = "osD^v<>P"
SMALL_FLOP = 1e6  # what is smaller is all call and no work, far below any roof


def roofline(rows, head, path):
    """Plot what minicnn and Keras reach below the machine's two limits.

    Parameters
    ----------
    rows : list of dict
        Of layers; those of SMALL_FLOP or less are left out.
    head : dict with peak_gflops and copy_gbs
    path : str or path
        A PNG.
    """
    peak, copy = head["peak_gflops"], head["copy_gbs"]
    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots()
    timed = [row for row in rows if row.get("flop", 0) > SMALL_FLOP and "minicnn" in row.get("engines", {})]
    suites = sorted({row["suite"] for row in timed}, key=lambda suite: (len(suite), suite))
    for suite, colour, mark in zip(suites, COLOURS, MARKS, strict=False):
        own = [row for row in timed if row["suite"] == suite]
        for name, filled in ((("minicnn",), True), (table.KERAS, False)):
            points = [
                (row["flop"] / row["bytes"], row["flop"] / table.best(row["engines"], name)[1]["ms"] / 1e6)
                for row in own
                if table.best(row["engines"], name)[1]
            ]
            if points:
                axes.scatter(
                    *zip(*points, strict=True),
                    s=22,
                    marker=mark,
                    edgecolors=colour,
                    linewidths=0.8,
                    facecolors=colour if filled else "none",
                    alpha=0.85 if filled else 0.6,
                    label=f"{suite} {'minicnn' if filled else 'Keras, its best'}",
                )
    ridge, reached = peak / copy, [row["flop"] / row["bytes"] for row in timed]
    x = np.geomspace(0.8 * min([0.3 * ridge, *reached]), 1.2 * max([3 * ridge, *reached]), 200)
    axes.plot(x, np.minimum(peak, copy * x), color="black", linewidth=1.5)
    axes.annotate(f"multiply-adds {peak:.0f} GFLOP/s", (x[-1], peak), (-4, 5), textcoords="offset points", ha="right")
    axes.annotate(f"copy {copy:.0f} GB/s", (x[0], copy * x[0]), (0, 24), textcoords="offset points")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="operations a byte (each array read or written once)",
        ylabel="GFLOP/s (of the direct algorithm)",
        title=f"{head['processor']}, {head['threads']} threads",
    )
    axes.grid(alpha=0.25, which="both")
    axes.legend(fontsize=7, ncols=2, loc="lower right")
    _save(figure, path)


def ratios(groups, path):
    """Plot how many times faster minicnn is than the best of Keras: geometric mean, and the worst and best case.

    Parameters
    ----------
    groups : list of (label, list of ratios)
    path : str or path
        A PNG.
    """
    figure = Figure(figsize=(9, 1.2 + 0.3 * len(groups)), layout="constrained")
    axes = figure.subplots()
    for index, (_, values) in enumerate(groups):
        mean = table.geometric_mean(values)
        axes.barh(index, math.log2(mean), color=COLOURS[0] if mean >= 1 else COLOURS[1], height=0.62)
        axes.plot([math.log2(min(values)), math.log2(max(values))], [index, index], color="black", linewidth=1)
        axes.plot(math.log2(min(values)), index, "k|", markersize=8)
        axes.annotate(
            f"{mean:.2f}x, worst {min(values):.2f}x",
            (1.01, index),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
        )
    axes.axvline(0, color="black", linewidth=1)
    low = math.floor(min([math.log2(min(values)) for _, values in groups], default=-1))
    high = math.ceil(max([math.log2(max(values)) for _, values in groups], default=1))
    step = max(1, (high - low) // 8)
    ticks = [tick for tick in range(low, high + 1) if tick % step == 0]
    axes.set_xticks(ticks, [f"{2**tick}x" if tick >= 0 else f"1/{2**-tick}x" for tick in ticks])
    axes.set_yticks(range(len(groups)), [label for label, _ in groups], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("times faster than the best of Keras (bar: geometric mean; line: worst to best case)")
    axes.grid(alpha=0.25, axis="x")
    _save(figure, path)


def _save(figure, path):
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
