"""How engines are timed against each other: in one run, in alternated rounds, medians with their spread.

One round times each engine once, and every other round goes backwards (A B C, C B A, ...), so that a machine that slows
down for a while slows all of them. Before its timed call an engine is called once untimed where the arrays fit into
the caches ("hot": the engine before it has emptied them); "cold" walks through a large buffer instead. A call that is
too short for the clock is repeated within the sample.

Threads of one engine may still spin when the next one begins, and take a processor from it: a rest comes between them,
a long one after ONNX Runtime, whose threads spin for 40 ms (measured; minicnn's for 2 to 4, TensorFlow's not at all).
"""

import statistics
import time
from dataclasses import dataclass

import numpy as np

NOISY = 0.20  # an IQR above this share of the median is reported
SHORTEST = 300e-6  # seconds a sample: below, the clock and a stray interrupt count for too much
REST = 0.005  # seconds between engines
SPINNERS = {"onnxruntime": 0.05}  # seconds after these
SLOW = 2.5  # an engine this many times slower than the fastest gets the least rounds only (one, of long calls)
EVICT_BYTES = 96 << 20  # more than the last cache of the machines that this runs on


@dataclass
class Sample:
    """What one engine took: seconds of the first call, and of each timed one."""

    first: float
    seconds: list

    def row(self):
        """Return median and interquartile range in milliseconds, as a result file has them."""
        median = statistics.median(self.seconds)
        low, high = np.percentile(self.seconds, (25, 75))
        return {
            "ms": median * 1e3,
            "iqr_ms": float(high - low) * 1e3,
            "rounds": len(self.seconds),
            "first_ms": self.first * 1e3,
        }


def timed(call):
    """Call once; return the result and the seconds."""
    start = time.perf_counter()
    value = call()
    return value, time.perf_counter() - start


def race(calls, budget, least=3, most=25, hot: bool | None = True, firsts=None, long=False):
    """Time several calls in alternated rounds.

    Parameters
    ----------
    calls : dict
        Name -> function that returns when its work is done; each was called before.
    budget : float
        Seconds: how long it may take, but for the least rounds.
    least, most : int
        Rounds.
    hot : bool or None
        True: an untimed call before each timed one. False: caches emptied before each. None: neither, for arrays that
        no cache holds.
    firsts : dict
        Name -> seconds of the very first call, to be reported.
    long : bool
        One call may take longer than the budget: no more calls than needed.

    Returns
    -------
    samples : dict
        Name -> Sample.
    """
    deadline = time.perf_counter() + budget
    firsts = firsts or {}
    once = {name: firsts[name] if long and name in firsts else timed(call)[1] for name, call in calls.items()}
    fastest = min(once.values())
    if sum(once.values()) > budget > 0:
        least = min(least, 2)  # A B, B A
    repeats = {
        name: max(1, min(200, int(SHORTEST / max(seconds, 1e-7)))) if hot else 1 for name, seconds in once.items()
    }
    seconds, before = {name: [] for name in calls}, None
    for turn in range(most):
        names = [name for name in calls if turn < (1 if long else least) or once[name] <= SLOW * fastest]
        for name in names if turn % 2 == 0 else reversed(names):
            _rest(before, hot, once[name])
            _prepare(calls[name], hot)
            before = name
            start = time.perf_counter()
            for _ in range(repeats[name]):
                calls[name]()
            seconds[name].append((time.perf_counter() - start) / repeats[name])
        if turn + 1 >= least and time.perf_counter() > deadline:
            break
    return {name: Sample(firsts.get(name, once[name]), seconds[name]) for name in calls}


def _rest(before, hot, seconds):
    """Let the threads of the engine before come to rest; the time that a long call takes is no matter of these."""
    if seconds < 0.5:
        time.sleep(SPINNERS.get(before, 0 if hot is False or seconds > 0.05 else REST))


def _prepare(call, hot):
    if hot is False:
        evict()
    elif hot:
        call()


_evicting = []


def evict():
    """Empty the caches: write a buffer that is larger than all of them."""
    if not _evicting:
        _evicting.append(np.zeros(EVICT_BYTES // 8))
    _evicting[0] += 1.0


def paired_ratio(old, new):
    """Return the median of old / new over rounds, and its 95% interval.

    Parameters
    ----------
    old, new : sequences of seconds, one of each a round

    Returns
    -------
    ratio, low, high : float
        low and high: percentiles of the medians of 1,000 draws of rounds (bootstrap).
    """
    ratios = np.asarray(old) / np.asarray(new)
    draws = np.random.default_rng(0).integers(0, len(ratios), (1000, len(ratios)))
    low, high = np.percentile(np.median(ratios[draws], axis=1), (2.5, 97.5))
    return float(np.median(ratios)), float(low), float(high)


def ratio_over_pairs(pairs):
    """Give the median of old / new over pairs of processes, and its 95% interval.

    Parameters
    ----------
    pairs : list of lists of (old, new) seconds: the rounds of each pair of processes

    Returns
    -------
    ratio, low, high : float
        The median of the pairs' own medians. 1,000 draws of pairs, and of rounds within each pair that was drawn; a
        draw's figure is the median of its pairs' medians (bootstrap in two stages).
    """
    ratios = [np.divide(*np.transpose(rounds)) for rounds in pairs]
    rng = np.random.default_rng(0)
    drawn = np.empty((1000, len(ratios)))
    for row in drawn:
        for i, which in enumerate(rng.integers(0, len(ratios), len(ratios))):
            row[i] = np.median(rng.choice(ratios[which], len(ratios[which])))
    low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5))
    return float(np.median([np.median(each) for each in ratios])), float(low), float(high)


def noisy(row):
    """Tell whether a measured row ({"ms", "iqr_ms"}) spread too much: the machine was not quiet."""
    return row.get("iqr_ms", 0.0) > NOISY * row["ms"]


def keeps_denormals():
    """Tell whether this thread still computes with numbers below the smallest normal one, as it should."""
    tiny = np.full(4, 1e-40, np.float32)
    return bool((tiny * np.float32(0.5) > 0).all())
