"""python -m benchmarks compare OLD NEW: two checkouts of minicnn in turn, and how many times faster the new one is.

Each checkout (a git worktree, say) runs in a process of its own; every round times both, A B then B A, so that whatever
else the machine does falls on both. Before that both must give the same numbers. A row's ratio is the median over the
rounds of old / new, its interval a bootstrap over them (95%). A row whose interval is wide is measured on, up to MOST
rounds.

That says what these two processes did. Where their memory lies is luck, which each of them keeps: one call of the same
two checkouts was 0.74 times as fast in one run (0.71 to 0.79) and 0.97 times in the next. So a row that looks slower is
measured again in AGAIN fresh pairs of processes, which alone count, and its interval is drawn over pairs, and over
rounds within them. Slower means that the whole interval lies below 1.

Where Keras is installed its architectures are compared too: it makes their files.
"""

import contextlib
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from . import machine, progress, results, timing

ALLOWED = 1e-3  # of the largest number, between the two
LEAST, MOST = 9, 45  # rounds
FEW = 5  # rounds at least of calls that take half a second, and of a row that may be called slower
NARROW = 0.03  # an interval with so much on either side needs no further rounds
AGAIN = 5  # fresh pairs of processes for what looks slower
ARCHITECTURES = (1, 8)  # pictures of a batch


class Side:
    """One checkout's process."""

    def __init__(self, checkout, threads):
        self.checkout = Path(checkout)
        if not (self.checkout / "minicnn" / "__init__.py").is_file():
            raise ValueError(f"A checkout of minicnn is needed. Received: {checkout}.")
        script = Path(__file__).with_name("children") / "compare.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(checkout), str(threads)],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, request):
        """Send one request; return its answer."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            raise ValueError(f"{self.checkout} failed at {request}; its own words stand above.") from None

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def measure(old, new, threads, suites=None, text="", own=(), nets=True, quick=False):
    """Time two checkouts.

    Parameters
    ----------
    old, new : path of a checkout
    threads : int
    suites, text, own : which cases, as for `layers`
    nets : bool
        Whole nets and architectures too.
    quick : bool
        Least rounds, the cheapest cases, no architectures.

    Ctrl-C ends it early: the head then names how many rows were not measured.
    """
    from .layers import choose

    wanted = [each for each in choose(suites, text, own, quick) if not each.refused]
    head, rows = machine.header(threads) | {"old": Path(old).resolve().name, "new": Path(new).resolve().name}, []
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _pair(old, new, threads) as sides:
                requests = [_layer(case, which) for case in wanted for which in case.passes]
                requests += _nets(Path(folder), quick) if nets else []
                for name, request in progress.track(requests, "compare", lambda each: each[0]):
                    off, seconds, rounds = _rounds(request, sides, quick)
                    rows.append(_row(name, off, seconds, [rounds]))
            if not quick:
                _again(requests, rows, lambda: _pair(old, new, threads))
        except KeyboardInterrupt:
            head["not measured"] = [name for name, _ in requests[len(rows) :]]
    return results.part("compare", head, rows)


@contextlib.contextmanager
def _pair(old, new, threads):
    """Start both sides, and end them."""
    with contextlib.ExitStack() as ending:
        sides = []
        for checkout in (old, new):
            sides.append(Side(checkout, threads))
            ending.callback(sides[-1].close)
        yield sides


def _again(requests, rows, pair):
    """Measure the rows that look slower in fresh processes, and those alone count: the others were chosen as slow."""
    fresh = {i: [] for i, row in enumerate(rows) if row.get("high", 1.0) < 1}
    for turn in range(AGAIN if fresh else 0):
        with pair() as sides:
            for i in progress.track(fresh, f"again {turn + 1}/{AGAIN}", lambda i: requests[i][0]):
                off, seconds, rounds = _rounds(requests[i][1], sides, quick=False, most=LEAST)
                fresh[i].append(rounds)
                rows[i] = _row(requests[i][0], off, seconds, fresh[i])


def _layer(case, which):
    return f"{case.full_name} {which}", {"case": dataclasses.asdict(case), "pass": which}


def _nets(folder, quick):
    """List the requests of whole nets, from files that both sides read."""
    from . import twins

    found = []
    for net in twins.NETS:
        file = folder / f"{net}.keras"
        twins.make(net, size=28 if quick else None).save(file)
        count = twins.NETS[net][3]
        found += [(f"{net} train_on_batch, {count}", {"file": str(file), "count": count, "train": True})]
        found += [(f"{net} predict, {n}", {"file": str(file), "count": n, "train": False}) for n in (1, count)]
    if quick:
        return found
    try:
        from . import architectures
        from .peers.keras_engine import keras
    except ImportError:
        print("Keras is not installed: its architectures are left out.", file=sys.stderr)
        return found
    for net, size in architectures.SIZES.items():
        file = folder / f"{net}.keras"
        architectures.build(net, size)[0].save(file)
        keras.backend.clear_session()
        found += [(f"{net} predict, {n}", {"file": str(file), "count": n, "train": False}) for n in ARCHITECTURES]
    return found


def _rounds(request, sides, quick, most=MOST):
    """Compare one call, then time it: the difference, seconds of the new side's first call, the rounds' (old, new)."""
    answers = [side.ask(request) for side in sides]
    seconds = answers[1]["seconds"]
    off = _difference(*answers)
    if not off <= ALLOWED:
        return off, seconds, []
    repeats = max(1, min(200, int(timing.SHORTEST / max(1e-7, min(answer["seconds"] for answer in answers)))))
    slow = answers[0]["seconds"] > 0.5
    rounds = []
    least = 2 if quick else FEW if slow else LEAST
    while len(rounds) < (2 if quick else most):
        pair = [None, None]
        for which in (0, 1) if len(rounds) % 2 == 0 else (1, 0):
            time.sleep(timing.REST)  # the other's threads come to rest
            if not slow:
                sides[which].ask({"repeats": 1})
            pair[which] = sides[which].ask({"repeats": repeats})["seconds"]
        rounds.append(pair)
        if len(rounds) >= least:
            _, low, high = timing.paired_ratio(*zip(*rounds, strict=True))
            if high - low <= 2 * NARROW and high >= 1:
                break
    return off, seconds, rounds


def _row(name, off, seconds, pairs):
    """Make the row of a call from the rounds of each pair of processes; without rounds it was not timed."""
    if not all(pairs):
        return {"what": name, "difference": off}
    ratio, low, high = timing.ratio_over_pairs(pairs)
    return {
        "what": name,
        "difference": off,
        "new_ms": timing.Sample(seconds, [new for rounds in pairs for _, new in rounds]).row()["ms"],
        "rounds": sum(map(len, pairs)),
        "ratio": ratio,
        "low": low,
        "high": high,
        "pairs": len(pairs),
    }


def _difference(old, new):
    """Return the largest difference of the two results, in their largest number; 1 where they cannot be compared."""
    if len(old["numbers"]) != len(new["numbers"]):
        return 1.0
    off = np.abs(np.subtract(old["numbers"], new["numbers"])).max(initial=0.0)
    off /= max(old["largest"], new["largest"]) or 1.0
    return float(off) if np.isfinite(off) else 1.0


def verdict(part):
    """Say which rows are slower and which differ, and the geometric mean."""
    from .table import geometric_mean

    rows = [row for row in part["rows"] if "ratio" in row]
    slower = [row["what"] for row in rows if row["high"] < 1 and row["rounds"] >= FEW]
    different = [row["what"] for row in part["rows"] if "ratio" not in row]
    lines = [
        f"{part['head']['new']} against {part['head']['old']}, {len(rows)} rows: slower in {len(slower)}"
        + (f": {', '.join(slower)}" if slower else "")
    ]
    lines += [f"not timed, since the numbers differ: {', '.join(different)}"] if different else []
    return lines + ([f"geometric mean {geometric_mean([row['ratio'] for row in rows]):.3f}x"] if rows else [])
