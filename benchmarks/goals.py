"""The goals that the engine set itself, each answered with what was measured: reached, or the ratio that was."""

import math

import numpy as np

from . import table
from .table import KERAS, TORCH, geometric_mean

PROMISED = ("E1", "E2", "E3", "E4", "E5", "E6")


def text(parts):
    """Write the table of goals; empty where nothing of it was measured."""
    rows = [line for kind, answer in ANSWERS for part in parts if part["kind"] == kind for line in answer(part)]
    if not rows:
        return ""
    columns = ["<goal", "<wanted", "<measured", "<reached"]
    return "## Goals\n\n" + table.markdown(columns, [[*row[:3], "yes" if row[3] else "no"] for row in rows])


def _ratios(rows, which, names, condition=lambda row: True):
    """Return (ratio, case) of every convolution that a condition takes."""
    found = [
        (table.ratio(row, names), f"{row['suite']} {row['case']}")
        for row in rows
        if row["pass"] == which and condition(row)
    ]
    return [pair for pair in found if pair[0] is not None]


def _every(label, pairs, least):
    """Answer "no case below"."""
    if not pairs:
        return []
    worst, case = min(pairs)
    good = sum(ratio >= least for ratio, _ in pairs)
    return [
        [
            label,
            f"every case at least {least:g}x",
            f"{good} of {len(pairs)} cases; worst {worst:.2f}x ({case})",
            good == len(pairs),
        ]
    ]


def _mean(label, pairs, least):
    """Answer "geometric mean at least"."""
    if not pairs:
        return []
    mean = geometric_mean([ratio for ratio, _ in pairs])
    return [[label, f"geometric mean {least:g}x", f"{mean:.2f}x over {len(pairs)} cases", mean >= least]]


def _shares(label, shares, least, of):
    """Answer "so much of a limit"."""
    if not shares:
        return []
    mean, good = geometric_mean(shares), sum(share >= least for share in shares)
    return [
        [
            label,
            f"{least:.0%} of {of}",
            f"{good} of {len(shares)} cases; geometric mean {mean:.0%}, {min(shares):.0%} to {max(shares):.0%}",
            good == len(shares),
        ]
    ]


def _size(row):
    """Return (pixels, C, F, k, stride above 1) of a convolution, from its name."""
    shape, *more = row["case"].rsplit("/", 1)[1].split("-")
    filters, k = int(more[0]), more[1].removeprefix("k")
    return int(shape.split("x")[0]), int(shape.split("x")[2]), filters, k, len(more) > 2


def _layers(part):
    timed = [row for row in part["rows"] if "bytes" in row and row.get("engines") and row["suite"] != "E10"]
    rows = [row for row in timed if row["suite"] in PROMISED]
    conv = [row for row in rows if row["operation"] in ("conv2d", "depthwise_conv2d")]
    plain = [row for row in rows if row["operation"] == "conv2d"]
    body = [row for row in plain if _size(row)[3:] == ("3", False) and min(_size(row)[1:3]) >= 64]
    middle = [row for row in body if _size(row)[0] in (56, 28)]
    ones = [row for row in plain if _size(row)[3] == "1" and row["pass"] == "fwd"]
    memory_bound = [
        row
        for row in timed
        if row["operation"] in ("maxpool2d", "relu", "sigmoid", "softmax") and row["bytes"] > 32 << 20
    ]
    others = [row for row in timed if row["operation"] not in ("conv2d", "depthwise_conv2d")]
    answer = _every("convolution forward against the best of Keras", _ratios(conv, "fwd", KERAS), 1)
    answer += _mean(
        "... small input channels (C <= 16)", _ratios(plain, "fwd", KERAS, lambda row: _size(row)[1] <= 16), 2
    )
    answer += _mean("... 3x3, stride 1, C and K >= 64", _ratios(body, "fwd", KERAS), 1.8)
    answer += _mean("... the same at 56 and 28 pixels", _ratios(middle, "fwd", KERAS), 2.2)
    answer += _shares("1x1 layers forward", [_of_peak(row, part["head"]) for row in ones], 0.9, "the peak")
    for which, name in (("dX", "input gradient"), ("dW", "kernel gradient")):
        answer += _every(f"{name} against Keras", _ratios(conv, which, KERAS), 1)
        answer += _mean(f"{name} against Keras", _ratios(conv, which, KERAS), 1.5)
    for which in ("fwd", "dX", "dW"):
        answer += _every(f"dense, pooling, activations, {which}", _ratios(others, which, KERAS), 1)
    answer += _shares(
        "pooling and activations of more than 32 MiB", [row["share"] for row in memory_bound], 0.8, "copy bandwidth"
    )
    for names, name in ((TORCH, "PyTorch"), (("onnxruntime",), "ONNX Runtime")):
        pairs = _ratios(conv, "fwd", names)
        answer += _mean(f"convolution forward against {name}", pairs, 1.2) + _every(f"... {name}", pairs, 0.9)
    return answer


def _of_peak(row, head):
    return row["flop"] / row["engines"]["minicnn"]["ms"] / 1e6 / head["peak_gflops"]


def _nets(part):
    wanted = {"train_on_batch": 2, "predict, 1 picture": 10, "predict_on_batch, 1 picture": 3, "fit": 2}
    answer = []
    for row in part["rows"]:
        least = next((value for key, value in wanted.items() if row["what"].startswith(key)), None)
        keras = [name for name in row["engines"] if name.startswith("keras")]
        if least and keras:
            ratio = table.ratio(row, keras)
            answer.append([f"{row['net']}: {row['what']}, against Keras", f"{least}x", f"{ratio:.2f}x", ratio >= least])
        if row["what"] == "predict_on_batch, 1 picture" and "onnxruntime" in row["engines"]:
            ratio = table.ratio(row, ("onnxruntime",))
            answer.append([f"{row['net']}: one picture, against ONNX Runtime", "1x", f"{ratio:.2f}x", ratio >= 1])
    return answer


def _architectures(part):
    answer = []
    for row in part["rows"]:
        for count, engines in row["batches"].items():
            least = 1.2 if row["net"] == "Xception" else 1
            ratio = table.ratio({"engines": engines}, [name for name in engines if name.startswith("keras")])
            label = f"{row['net']} at {row['size']} px, batch {count}"
            answer.append([f"{label}, against Keras", f"{least}x", f"{ratio:.2f}x", ratio >= least])
            ratio = table.ratio({"engines": engines}, ("onnxruntime",))
            if row["net"] == "Xception" and ratio:
                answer.append([f"{label}, against ONNX Runtime", "1x", f"{ratio:.2f}x", ratio >= 1])
        if row["net"] == "Xception" and "minicnn" in row:
            for key, name, most in (("s", "start to prediction", 0.2), ("peak_mb", "peak memory", 0.5)):
                share = row["minicnn"][key] / row["keras"][key]
                answer.append([f"Xception, {name}, of Keras's", f"at most {most}", f"{share:.2f}", share <= most])
    return answer


def _scaling(part):
    body = [
        (row["engines"]["one"]["ms"] / row["engines"]["all"]["ms"], row["case"])
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
    for name, most in (("minicnn predict, warm", 2), ("minicnn predict, cold", 15)):
        if name in found:
            answer.append([name, f"at most {most} s", f"{found[name]:.1f} s", found[name] <= most])
    return answer


def _augmentation(part):
    ratios = {f"{row['what']}, {row['size']} px": ratio for row in part["rows"] if (ratio := table.ratio(row, KERAS))}
    if not ratios:
        return []
    worst = min(ratios, key=ratios.__getitem__)
    what = "augmentation, pictures a second against Keras's, the worst of all"
    return [[what, "at least 2x", f"{ratios[worst]:.2f}x ({worst})", ratios[worst] >= 2]]


def _memory(part):
    peaks = {row["engine"]: row for row in part["rows"]}
    answer = []
    if "keras" in peaks:
        share = peaks["minicnn"]["peak_mb"] / peaks["keras"]["peak_mb"]
        answer.append(
            [
                "peak memory of training the homework net, against Keras's process",
                "at most a third",
                f"{share:.2f} ({peaks['minicnn']['peak_mb']:.0f} of {peaks['keras']['peak_mb']:.0f} MB)",
                share <= 1 / 3,
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
    ("scaling", _scaling),
    ("startup", _startup),
    ("augmentation", _augmentation),
    ("memory", _memory),
    ("photographs", _photographs),
)
