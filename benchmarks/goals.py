"""The goals that the engine set itself, each answered with what was measured on each kind of processor.

A goal is reached where the whole 95% interval lies on its side, missed where it lies on the other, and open where it
holds the goal. "No case below" is missed by cases whose whole interval lies below. A file without intervals is judged
by its medians, and the answer says so. A missed goal is answered with what was tried (TRIED).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import table
from .table import KERAS, TORCH
from .tried import TRIED

PROMISED = ("E1", "E2", "E3", "E4", "E5", "E6")
LEAST_MS = 0.05  # layers that take longer are held against ONNX Runtime and PyTorch
TRAINED = {"homework": 2.5, "tinyvgg": 2.5, "resnet20": 1.5}
YES, NO, OPEN = "yes", "no", "open"


def text(parts):
    """Write the table of goals, a row for each kind of processor; empty where nothing of it was measured."""
    found: dict[str, list] = {}
    for kind, answer in ANSWERS:
        for part in parts:
            for label, *cells in answer(part) if part["kind"] == kind else ():
                found.setdefault(label, []).append([label, part["head"].get("kind", ""), *cells])
    if not found:
        return ""
    columns = ["<goal", "<processor", "<wanted", "<measured", "<reached"]
    rows = [[*row[:-1], _answer(row[0], row[-1])] for rows in found.values() for row in rows]
    return "## Goals\n\n" + table.markdown(columns, rows)


def _answer(label, reached):
    """Return the last cell: what was tried stands beside what was not reached."""
    reached = {True: YES, False: NO}.get(reached, reached)
    tried = TRIED.get(label, "") if not reached.startswith(YES) else ""
    return f"{reached}: {tried}" if tried else reached


def wide(part):
    """Tell whether a part was measured with registers of 64 bytes, for which some goals are higher."""
    return part["head"]["lanes"] == 16


def judged(interval, least):
    """Answer "at least so much" of (ratio, low, high)."""
    ratio, low, high = interval
    if low == high:
        return f"{YES if ratio >= least else NO}, by the medians alone"
    return YES if low >= least else NO if high < least else OPEN


def mean_interval(intervals):
    """Return the geometric mean of ratios, and its interval: each (ratio, low, high) with an error of its own."""
    logs = np.log(np.array(intervals))
    mean = logs[:, 0].mean()
    error = math.sqrt(float((((logs[:, 2] - logs[:, 1]) / 2) ** 2).sum())) / len(logs)
    return tuple(float(np.exp(each)) for each in (mean, mean - error, mean + error))


def _ratios(rows, which, names, condition: Callable[[Any], Any] = lambda row: True):
    """Return ((ratio, low, high), case) of every row that a condition takes."""
    found = [
        (table.interval(row, names), f"{row['suite']} {row['case']}")
        for row in rows
        if row["pass"] == which and condition(row)
    ]
    return [pair for pair in found if pair[0] is not None]


def _every(label, pairs, least):
    """Answer "no case below"."""
    if not pairs:
        return []
    below = sum(interval[2] < least for interval, _ in pairs)
    worst, case = min(pairs)
    return [
        [
            label,
            f"no case below {least:g}x",
            f"{below} of {len(pairs)} cases below; worst {table.factor(worst)}, {case}",
            below == 0,
        ]
    ]


def _mean(label, pairs, least):
    """Answer "geometric mean at least"."""
    if not pairs:
        return []
    mean = mean_interval([interval for interval, _ in pairs])
    return [
        [
            f"{label}, mean",
            f"geometric mean {least:g}x",
            f"{table.factor(mean)} over {len(pairs)} cases",
            judged(mean, least),
        ]
    ]


def _shares(label, shares, least, of):
    """Answer "so much of a limit"."""
    if not shares:
        return []
    mean, good = table.geometric_mean(shares), sum(share >= least for share in shares)
    return [
        [
            label,
            f"{least:.0%} of {of}",
            f"{good} of {len(shares)} cases; geometric mean {mean:.0%}, {min(shares):.0%} to {max(shares):.0%}",
            good == len(shares),
        ]
    ]


def _one(label, row, names, least):
    """Answer "at least so much" of one row."""
    interval = table.interval(row, names)
    return [[label, f"{least:g}x", table.factor(interval), judged(interval, least)]] if interval else []


def _size(row):
    """Return (pixels, C, F, k, stride above 1) of a convolution, from its name."""
    shape, *more = row["case"].rsplit("/", 1)[1].split("-")
    filters, k = int(more[0]), more[1].removeprefix("k")
    return int(shape.split("x")[0]), int(shape.split("x")[2]), filters, k, len(more) > 2


def _layers(part):
    timed = [row for row in part["rows"] if "bytes" in row and row.get("engines") and row["suite"] != "E10"]
    rows = [row for row in timed if row["suite"] in PROMISED]
    conv = [row for row in rows if row["operation"] in ("conv2d", "depthwise_conv2d")]
    plain = [row for row in timed if row["operation"] == "conv2d" and row["suite"] != "own"]
    body = [row for row in plain if _size(row)[3:] == ("3", False) and min(_size(row)[1:3]) >= 64]
    others = [row for row in timed if row["operation"] not in ("conv2d", "depthwise_conv2d")]
    answer = []
    for which, name, goal in (
        ("fwd", "convolution forward", 1.8 if wide(part) else 1.6),
        ("dX", "input gradient", 2 if wide(part) else 1.7),
        ("dW", "kernel gradient", 2 if wide(part) else 1.7),
    ):
        pairs = _ratios(conv, which, KERAS)
        answer += _every(f"{name} against the best of Keras", pairs, 1) + _mean(f"{name} against Keras", pairs, goal)
    answer += _mean("3x3 body against Keras", _ratios(body, "fwd", KERAS), 2.2 if wide(part) else 1.8)
    ones = _ratios(plain, "fwd", KERAS, lambda row: _size(row)[3] == "1")
    answer += _mean("1x1 layers against Keras", ones, 1.1) + _every("1x1 layers against Keras, worst", ones, 0.95)
    for names, name in ((TORCH, "PyTorch"), (("onnxruntime",), "ONNX Runtime")):
        pairs = _ratios(conv, "fwd", names, lambda row: row["engines"].get("minicnn", {"ms": 0})["ms"] > LEAST_MS)
        answer += _mean(f"convolution forward against {name}", pairs, 1.3) + _every(f"... {name}, worst", pairs, 0.9)
    for which in ("fwd", "dX", "dW"):
        answer += _every(f"dense, pooling, activations, {which}", _ratios(others, which, KERAS), 1)
    moving = ("maxpool2d", "relu", "sigmoid", "softmax")
    shares = [row["share"] for row in timed if row["operation"] in moving and row["bytes"] > 32 << 20]
    return answer + _shares("pooling and activations of more than 32 MiB", shares, 0.8, "copy bandwidth")


def _nets(part):
    answer = []
    for row in part["rows"]:
        what, keras = row["what"], [name for name in row["engines"] if name.startswith("keras")]
        label = f"{row['net']}: {what}"
        if what.startswith("train_on_batch"):
            answer += _one(f"{label}, against Keras", row, keras, TRAINED[row["net"]])
        elif what.startswith("fit, "):
            answer += _one(f"{label}, against Keras", row, keras, 2 if "later" in what else 1)
        elif what in ("predict_on_batch, 1 picture", "predict_on_batch, 8 pictures"):
            answer += _one(f"{label}, against ONNX Runtime", row, ("onnxruntime",), 1)
    return answer


def _architectures(part):
    answer = []
    for row in part["rows"]:
        for count, engines in row["batches"].items():
            label, timed = f"{row['net']} at {row['size']} px, batch {count}", {"engines": engines}
            answer += _one(f"{label}, against Keras", timed, [name for name in engines if name.startswith("keras")], 1)
            answer += _one(f"{label}, against ONNX Runtime", timed, ("onnxruntime",), 1)
        if row["net"] == "Xception" and "minicnn" in row:
            for key, name, most in (("s", "start to prediction", 0.2), ("peak_mb", "peak memory", 0.5)):
                share = row["minicnn"][key] / row["keras"][key]
                answer.append([f"Xception, {name}, of Keras's", f"at most {most}", f"{share:.2f}", share <= most])
    return answer


def _training(part):
    answer = []
    for row in part["rows"]:
        label = f"training {row['net']} px, {row['what']}"
        keras = [name for name in row["engines"] if name.startswith("keras")]
        answer += _one(f"{label}, against Keras", row, keras, 1.2)
        if "keras" in row:
            share = row["minicnn"]["peak_mb"] / row["keras"]["peak_mb"]
            answer.append([f"{label}, peak memory, of Keras's", "at most 0.5", f"{share:.2f}", share <= 0.5])
    return answer


def _scaling(part):
    body = [
        ((row["engines"]["one"]["ms"] / row["engines"]["all"]["ms"],) * 3, row["case"])
        for row in part["rows"]
        if row["what"] == "threads" and row["case"].startswith("E3")
    ]
    answer = _every(f"{part['head']['threads']} threads against 1, body layers", body, 1.8)
    cost = {row["n"]: row["engines"]["minicnn"]["ms"] / row["n"] for row in part["rows"] if row["what"] == "batch"}
    if cost:
        ratio = cost[max(cost)] / cost[min(cost)]
        answer.append(
            [
                f"Tiny VGG, cost a picture at batch {max(cost)} against {min(cost)}",
                "at most 1.2x",
                f"{ratio:.2f}x",
                ratio <= 1.2,
            ]
        )
    return answer


def _startup(part):
    found = {row["process"]: row["s"] for row in part["rows"]}
    answer = []
    if "import minicnn" in found:
        ratio = found["import minicnn"] / found["import numba"]
        answer.append(["import minicnn against import numba", "at most 1.5x", f"{ratio:.2f}x", ratio <= 1.5])
    for name, most in (("minicnn predict, warm", 0.6), ("minicnn predict, cold", 8)):
        if name in found:
            answer.append([name, f"at most {most} s", f"{found[name]:.2f} s", found[name] <= most])
    return answer


def _augmentation(part):
    ratios = {f"{row['what']}, {row['size']} px": ratio for row in part["rows"] if (ratio := table.ratio(row, KERAS))}
    if not ratios:
        return []
    worst = min(ratios, key=ratios.__getitem__)
    what = "augmentation, pictures a second against Keras's, the worst of all"
    return [[what, "at least 2x", f"{ratios[worst]:.2f}x ({worst})", ratios[worst] >= 2]]


def _pages(part):
    answer = []
    for key, most, unit in (("megabytes", 5, "MB"), ("seconds", 10, "s")):
        worst = max(part["rows"], key=lambda row: row[key])
        what = f"the explorer's page of each of {len(part['rows'])} architectures"
        answer.append([what, f"under {most} {unit}", f"{worst[key]:.1f} {unit} ({worst['net']})", worst[key] < most])
    return answer


def _memory(part):
    peaks = {row["engine"]: row for row in part["rows"]}
    answer = []
    if "keras" in peaks:
        share = peaks["minicnn"]["peak_mb"] / peaks["keras"]["peak_mb"]
        answer.append(
            [
                "peak memory of training the homework net, against Keras's process",
                "at most 0.25",
                f"{share:.2f} ({peaks['minicnn']['peak_mb']:.0f} of {peaks['keras']['peak_mb']:.0f} MB)",
                share <= 0.25,
            ]
        )
    mb = peaks["minicnn"]["faults_a_step"] * 4096 / 1e6
    answer.append(["a steady training loop allocates nothing large", "under 1 MB a step", f"{mb:.2f} MB", mb < 1])
    return answer


def _photographs(part):
    from .photographs import ALLOWED, STEPS, summary

    found, worst = summary(part), float(np.max(part["head"]["steps"]))
    return [
        [
            f"the losses of the first {STEPS} steps on photographs, against Keras's",
            f"within {ALLOWED:g}",
            f"{worst:.1e}",
            worst <= ALLOWED,
        ],
        [
            "mean paired difference of the final accuracies",
            f"within ±{found['interval']:.1%}",
            f"{found['difference']:+.1%}",
            math.fabs(found["difference"]) <= found["interval"],
        ],
    ]


ANSWERS = (
    ("layers", _layers),
    ("nets", _nets),
    ("architectures", _architectures),
    ("training", _training),
    ("pages", _pages),
    ("scaling", _scaling),
    ("startup", _startup),
    ("augmentation", _augmentation),
    ("memory", _memory),
    ("photographs", _photographs),
)
