"""python -m benchmarks layers: single layers, forward and both gradients, against the peers.

Before the clock starts every engine's result is compared with Keras's (or, without Keras, with the next peer's). An
engine that is off by more than ALLOWED of the largest number is not timed, and its row says so.
"""

import numpy as np

from minicnn import kernels

from . import cases, machine, peers, progress, results, roofline, timing

ALLOWED = {"float32": 1e-3, "float64": 1e-9}  # of the largest number: far above rounding, far below a wrong result
WITNESSES = ("keras graph", "onnxruntime", "torch", "torch nhwc")
# How they start matters more to the first two than where the arrays lie; of the third the caches are another core's.
ONLY_HOT = ("keras eager", "keras xla", "keras onednn")
LONG_FLOP = 20e9  # from here on a call takes a good part of a second


def measure(wanted, names, threads, seconds=0.4, quick=False):
    """Time cases.

    Parameters
    ----------
    wanted : list of Case
    names : list of str
        The peers.
    threads : int
    seconds : float
        A pass and engine set.
    quick : bool
        Least rounds only, neither XLA nor oneDNN in a process of its own, no cold caches.

    Ctrl-C ends it early: the head then names the cases that were not measured.

    Returns
    -------
    part : dict
        See results.part.
    """
    engines, missing = peers.load(names, threads)
    head = machine.header(threads, roofline.limits(threads, quick))
    head["missing"] = missing
    head["own threads"] = [engine.name for engine in engines if not getattr(engine, "has_threads", True)]
    for engine in engines:
        if quick and hasattr(engine, "all_forms"):
            engine.all_forms = False
    rows = []
    done = 0
    try:
        for case in progress.track(wanted, "layers", lambda case: case.full_name, _weight):
            with kernels.workspace():
                rows += _rows(case, engines, 0.0 if quick else seconds, quick)
            done += 1
    except KeyboardInterrupt:  # what was measured so far is worth keeping
        head["not measured"] = [case.full_name for case in wanted[done:]]
    for name, again in roofline.limits(threads, quick).items():  # a busy moment must not pass for the machine's limit
        head[name] = max(head[name], again)
    for row in rows:
        if "bytes" in row and "engines" in row:
            ms = row["engines"]["minicnn"]["ms"]
            row["share"] = roofline.share_of_limit(row["flop"], row["bytes"], ms / 1e3, head)
    head["keeps denormals"] = timing.keeps_denormals()
    return results.part("layers", head, rows)


def _weight(case):
    return 1.0 if case.refused else len(case.passes) + case.flop / 10e9


def _rows(case, engines, seconds, quick):
    common = {"suite": case.suite, "case": case.name, "operation": case.operation, "times": case.times}
    if case.refused:
        return [{**common, "pass": "refused", "note": _refusal(case)}]
    arrays = case.arrays()
    rows = []
    for which in case.passes:
        row = {**common, "pass": which, "flop": case.flop, "bytes": case.bytes_moved(which)}
        runs = {name: run for engine in engines for name, run in engine.runs(case, which, arrays).items()}
        firsts = _checked(case, runs, row)
        calls = {name: runs[name][0] for name in runs if name in firsts}
        if "minicnn" in calls:
            _time(case, calls, firsts, row, seconds, quick)
        rows.append(row)
        del runs, calls  # their arrays, before the next pass makes its own
    first = {name: {"ms": sample["first_ms"]} for name, sample in rows[0].get("engines", {}).items()}
    for row in rows:  # a file keeps what is read
        row["difference"] = {name: off for name, off in row["difference"].items() if name == "minicnn"}
        for sample in row.get("engines", {}).values():
            del sample["first_ms"]
    return [*rows, {**common, "pass": "first call", "engines": first}]


def _checked(case, runs, row):
    """Call each engine once, compare, note the differences in the row; return the seconds of those that agree."""
    firsts = {}
    witness = next((name for name in WITNESSES if name in runs), None)
    names = [witness, *(name for name in runs if name != witness)] if witness else list(runs)
    row["difference"], row["wrong"], want, largest = {}, {}, None, 0.0
    for name in names:
        call, read = runs[name]
        value, firsts[name] = timing.timed(call)
        found = read(value)
        if case.weights < np.finfo(np.float32).tiny and not np.any(found):
            row.setdefault("flushed", []).append(name)
        if name == witness:
            want, largest = found, float(np.max(np.abs(found), initial=0.0))
        elif want is not None:
            off = _difference(found, want)
            row["difference"][name] = off
            if not off <= ALLOWED[case.dtype] * largest + float(np.finfo(np.float32).tiny) * 64:
                row["wrong"][name] = off
                del firsts[name]
        del value, found
    return firsts


def _difference(found, want):
    if found.shape != want.shape:
        return 1e300  # JSON knows no infinity
    worst = 0.0
    for one, other in zip(found, want, strict=True):  # picture by picture: no second copy of a large array
        worst = float(np.maximum(worst, np.max(np.abs(one - other), initial=0.0)))  # NaN stays; Python's max drops it
    return worst if np.isfinite(worst) else 1e300


def _time(case, calls, firsts, row, seconds, quick):
    long = case.flop > LONG_FLOP
    least = 2 if quick else 5
    samples = timing.race(calls, seconds, least, hot=None if long else True, firsts=firsts, long=long)
    row["engines"] = {name: sample.row() for name, sample in samples.items()}
    if case.small and not quick:
        cold = {name: call for name, call in calls.items() if name not in ONLY_HOT}
        samples = timing.race(cold, seconds / 4, 5, 9, hot=False)
        kept = ("ms", "ratio", "low", "high")
        row["cold"] = {name: {k: v for k, v in sample.row().items() if k in kept} for name, sample in samples.items()}


def _refusal(case):
    """Return the sentence with which a window that does not fit is refused."""
    try:
        from minicnn import Conv2D

        Conv2D(case.filters, case.window, case.strides, case.padding).build((None, *case.x_shape[1:]))
    except ValueError as problem:
        if case.refused in str(problem):
            return str(problem)
    raise AssertionError(f"{case.full_name} should have been refused.")


def choose(suites, text, own, quick):
    """List the cases that a command asks for; a quick run takes the cheapest case of each operation in each suite."""
    wanted = [cases.from_text(each) for each in own] if own else cases.chosen(suites, text)
    if not quick:
        return wanted
    cheapest = {}
    for case in sorted(wanted, key=lambda case: 0 if case.refused else case.flop + case.bytes_moved("fwd")):
        cheapest.setdefault((case.suite, case.operation, bool(case.refused)), case)
    return [case for case in wanted if case in cheapest.values()]
