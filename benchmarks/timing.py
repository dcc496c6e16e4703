"""How engines are timed against each other: in one run, in alternated rounds, medians with their spread.

One round times each engine once, and every other round goes backwards (A B C, C B A, ...), so that a machine that slows
down for a while slows all of them. Before its timed call an engine is called once untimed where the arrays fit into
the caches ("hot": the engine before it has emptied them); "cold" walks through a large buffer instead. A call that is
too short for the clock is repeated within the sample. A call of another process brings its own clock (elsewhere.py).

How many times faster is the median, over rounds, of the other's seconds divided by minicnn's, with a 95% interval from
draws of rounds (bootstrap). Where an interval is wide the rounds go on, for PATIENCE times as long at most.

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
SLOW = 2.5  # an engine this many times slower than the fastest gets FEW rounds only (one, of long calls)
FEW = 3
NARROW = 0.05  # an interval of a ratio with so much on either side needs no further rounds
PATIENCE = 3  # times the budget: so long at most while an interval is wide
EVICT_BYTES = 96 << 20  # more than the last cache of the machines that this runs on


@dataclass
class Sample:
    """What one engine took.

    Parameters
    ----------
    first : float
        Seconds of the first call.
    seconds : list of float
        Of each timed call.
    times : (ratio, low, high) or None
        How many times as long as the first engine it took, with the 95% interval; None for that engine itself, and
        where there is one round.
    """

    first: float
    seconds: list
    times: tuple | None = None

    def row(self):
        """Return the figures as a result file has them: median and interquartile range in milliseconds."""
        median = statistics.median(self.seconds)
        low, high = np.percentile(self.seconds, (25, 75))
        return {
            "ms": median * 1e3,
            "iqr_ms": float(high - low) * 1e3,
            "rounds": len(self.seconds),
            "first_ms": self.first * 1e3,
            **(dict(zip(("ratio", "low", "high"), self.times, strict=True)) if self.times else {}),
        }


def timed(call):
    """Call once; return the result and the seconds."""
    if hasattr(call, "timed"):
        return call.timed()
    start = time.perf_counter()
    value = call()
    return value, time.perf_counter() - start


def _seconds(call, repeats=1):
    """Call so often; return the seconds of one."""
    if hasattr(call, "seconds"):
        return call.seconds(repeats)
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def race(calls, budget, least=5, most=60, hot: bool | None = True, firsts=None, long=False):
    """Time several calls in alternated rounds.

    Parameters
    ----------
    calls : dict
        Name -> function that returns when its work is done; each was called before. The first is what the others are
        compared with.
    budget : float
        Seconds: how long it may take, but for the least rounds; PATIENCE times that where an interval is wide.
    least, most : int
        Rounds. All of five medians lie on one side of the true one in 6% of cases: fewer have no interval to speak of.
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
    start = time.perf_counter()
    firsts = firsts or {}
    once = {name: firsts[name] if long and name in firsts else _seconds(call) for name, call in calls.items()}
    fastest = min(once.values())
    repeats = {
        name: max(1, min(200, int(SHORTEST / max(seconds, 1e-7)))) if hot else 1 for name, seconds in once.items()
    }
    quick = [name for name in calls if once[name] <= SLOW * fastest]
    seconds, before = {name: [] for name in calls}, None
    for turn in range(most):
        names = list(calls) if turn < (1 if long else min(least, FEW)) else quick
        for name in names if turn % 2 == 0 else reversed(names):
            _rest(before, hot, once[name])
            _prepare(calls[name], hot)
            before = name
            seconds[name].append(_seconds(calls[name], repeats[name]))
        spent = time.perf_counter() - start
        if turn + 1 >= least and spent > budget and (spent > PATIENCE * budget or _settled(seconds, quick)):
            break
    times = _times(seconds, list(calls))
    return {name: Sample(firsts.get(name, once[name]), seconds[name], times.get(name)) for name in calls}


def _times(seconds, names):
    """Return name -> (ratio, low, high), in the seconds of the first engine, of those that have two rounds or more."""
    ours, found = next(iter(seconds.values())), {}
    for name in names:
        rounds = min(len(ours), len(seconds[name]))  # a slow engine has fewer, the first ones
        if seconds[name] is not ours and rounds > 1:
            found[name] = paired_ratio(seconds[name][:rounds], ours[:rounds])
    return found


def _settled(seconds, names):
    """Tell whether all ratios have narrow intervals."""
    return all(high - low <= 2 * NARROW * ratio for ratio, low, high in _times(seconds, names).values())


def _rest(before, hot, seconds):
    """Let the threads of the engine before come to rest; the time that a long call takes is no matter of these."""
    if seconds < 0.5:
        time.sleep(SPINNERS.get(before, 0 if hot is False or seconds > 0.05 else REST))


def _prepare(call, hot):
    if hot is False:
        evict()
    elif hot:
        _seconds(call)


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
    """Return the median of old / new over pairs of processes, and its 95% interval.

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
