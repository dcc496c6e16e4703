"""python -m benchmarks quick: a few cases of each suite and two nets, beside the kinds of processors in results/.

A reader's own machine finds its place in the published table in about three minutes, compiling included.
"""

from . import cases, layers, nets, results, table

CASES = (
    "E1/homework/n20/150x150x3-32-k3",
    "E2/tinyvgg/n1/28x28x10-10-k3",
    "E2/tinyvgg/n32/62x62x10-10-k3",
    "E3/vgg16/n1/14x14x512-512-k3",
    "E3/vgg16/n8/56x56x128-256-k3",
    "E4/xception150/n1/9x9x728-728-k1",
    "E4/xception150/n32/18x18x256-depthwise-k3",
    "E5/xception299/n1/149x149x32-64-k3",
    "E6/cs231n/n100/31x31x3-25-k3-s2",
    "E9/relu/32x62x62x10",
)
NETS = ("tinyvgg", "homework")


def measure(names, threads, quick=False):
    """Time the cases and nets.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        The cheapest case and net alone, to see that all works.
    """
    wanted = [case for case in cases.CASES if case.full_name in (CASES[1:2] if quick else CASES)]
    own = layers.measure(wanted, names, threads, 0.2, quick)
    whole = nets.measure(names, threads, None, quick, NETS[:1] if quick else NETS, 0.5)
    timed = [row for part in (own, whole) for row in part["rows"] if row.get("engines")]
    rows = [{"what": what(row), "engines": row["engines"]} for row in timed if row.get("pass") != "first call"]
    return results.part("quick", whole["head"] | own["head"], rows)


def what(row):
    """Name the work of a row of layers or of nets."""
    return f"{row['suite']} {row['case']} {row['pass']}" if "suite" in row else f"{row['net']}: {row['what']}"


def ratios(row):
    """Return peer -> (ratio, low, high), for the best of Keras and for ONNX Runtime, where they were measured."""
    keras = [name for name in row["engines"] if name.startswith("keras")]
    found = {"keras": table.interval(row, keras), "onnxruntime": table.interval(row, ("onnxruntime",))}
    return {peer: interval for peer, interval in found.items() if interval}


def known():
    """Return kind of processor -> name of the work -> ratios, of the files in results/."""
    kinds = {}
    for part in results.read(results.committed()):
        if part["kind"] in ("layers", "nets"):
            own = kinds.setdefault(part["head"]["kind"], {})
            own |= {what(row): ratios(row) for row in part["rows"] if row.get("engines")}
    return kinds
