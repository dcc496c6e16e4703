"""The stopwatch and the machine's limits on a clock that the test sets: every figure can be told beforehand."""

import math

import numpy as np
import pytest

from benchmarks import roofline, timing


class Clock:
    """Stands for the module `time`; calls and rests move it, and everything is written down."""

    def __init__(self):
        self.now = 100.0
        self.told = []

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        if seconds:
            self.told.append(("rest", seconds))
        self.now += seconds

    def engine(self, name, *seconds):
        """Return a call that takes so many seconds, one after the other; the last again and again."""
        left = list(seconds)

        def call():
            self.told.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return call


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    monkeypatch.setattr(roofline, "time", clock)
    return clock


def test_the_call_before_a_timed_one_warms_and_does_not_count(clock):
    """Rehearsal 9 s, then untimed and timed calls in turn: 8 and 7 s."""
    samples = timing.race({"A": clock.engine("A", 9.0, 8.0, 7.0, 8.0, 7.0, 1.0)}, 0.0, least=2, most=2)
    assert samples["A"].seconds == [7.0, 7.0] and samples["A"].first == 9.0
    assert clock.told == ["A"] * 5


def test_cold_calls_come_after_emptied_caches(clock, monkeypatch):
    monkeypatch.setattr(timing, "evict", lambda: clock.told.append("evict"))
    samples = timing.race({"A": clock.engine("A", 0.2, 0.3)}, 0.0, least=2, most=2, hot=False)
    assert clock.told == ["A", "evict", "A", "evict", "A"]
    assert samples["A"].seconds == pytest.approx([0.3, 0.3])


def test_eviction_writes_more_than_a_cache(clock):
    timing.evict()
    before = timing._evicting[0].copy()
    timing.evict()
    assert before.nbytes == 96 << 20 and (timing._evicting[0] == before + 1).all()


def test_short_calls_are_repeated_and_divided(clock):
    """300 us a sample: 100 us are called three times after one untimed call, half a microsecond 200 times."""
    samples = timing.race({"A": clock.engine("A", 100e-6), "B": clock.engine("B", 0.5e-6)}, 0.0, least=1, most=1)
    assert clock.told.count("A") == 1 + 1 + 3 or clock.told.count("A") == 1 + 1 + 2  # 300 / 100 in floats
    assert clock.told.count("B") == 1 + 1 + 200
    assert samples["A"].seconds == pytest.approx([100e-6]) and samples["B"].seconds == pytest.approx([0.5e-6])


def test_threads_come_to_rest_between_engines(clock):
    timing.race({"onnxruntime": clock.engine("O", 0.01), "B": clock.engine("B", 0.01)}, 0.0, least=1, most=1)
    assert clock.told == ["O", "B", ("rest", 0.005), "O", "O", ("rest", 0.05), "B", "B"]


def test_long_calls_do_not_wait(clock):
    timing.race({"A": clock.engine("A", 0.6), "B": clock.engine("B", 0.06)}, 0.0, least=1, most=1)
    assert clock.told == ["A", "B", "A", "A", "B", "B"]


def test_rounds_end_with_the_budget(clock):
    """A round takes 2 s: the untimed call and the timed one. After the rehearsal's 1 s, 7 s last three rounds."""
    samples = timing.race({"A": clock.engine("A", 1.0)}, 6.5, least=1, most=9)
    assert len(samples["A"].seconds) == 3
    samples = timing.race({"A": clock.engine("A", 1.0)}, 6.5, least=5, most=9)
    assert len(samples["A"].seconds) == 5
    samples = timing.race({"A": clock.engine("A", 1.0)}, 99.0, least=1, most=4)
    assert len(samples["A"].seconds) == 4


def test_the_least_rounds_are_done_where_one_eats_the_budget(clock):
    assert len(timing.race({"A": clock.engine("A", 5.0)}, 1.0, least=6)["A"].seconds) == 6


@pytest.mark.parametrize(("slower", "least", "rounds"), [(2.5, 5, 6), (2.6, 5, 3), (2.6, 2, 2)])
def test_slow_engines_get_few_rounds(clock, slower, least, rounds):
    samples = timing.race({"A": clock.engine("A", 1.0), "B": clock.engine("B", slower)}, 99.0, least=least, most=6)
    assert (len(samples["A"].seconds), len(samples["B"].seconds)) == (6, rounds)


def test_a_long_call_is_not_rehearsed(clock):
    samples = timing.race(
        {"A": clock.engine("A", 30.0), "B": clock.engine("B", 90.0)},
        1.0,
        least=3,
        most=9,
        hot=None,
        firsts={"A": 31.0, "B": 91.0},
        long=True,
    )
    assert clock.told == ["A", "B", "A", "A"]  # B is slow: once
    assert samples["A"].first == 31.0 and samples["B"].seconds == [90.0]


def test_the_best_round_is_the_limit(clock):
    rounds = clock.engine("copy", 3.0, 1.0, 2.0)
    assert roofline._best_seconds(1, lambda part: rounds(), 3) == 1.0


def test_what_a_limit_counts(monkeypatch):
    """16 MiB read and 16 MiB written in half a second, by the better of two copies."""
    seconds = iter([0.5, 0.7])
    monkeypatch.setattr(roofline, "_best_seconds", lambda threads, work, rounds: [work(0), next(seconds)][1])
    assert roofline.copy_gbs(1, 16, 3) == pytest.approx(2 * (16 << 20) / 0.5 / 1e9)
    seconds = iter([0.7, 0.5])
    assert roofline.copy_gbs(2, 16, 3) == pytest.approx(2 * (16 << 20) / 0.5 / 1e9)


def test_what_a_peak_counts(clock, monkeypatch):
    """On a clock that stands still at first, the loop is lengthened to 50 ms; then two operations a multiply-add."""
    burnt = []

    def burn(count, factor):
        burnt.append(count)
        clock.now += count * 1e-6

    monkeypatch.setattr(roofline, "_burn", burn)
    chains = 24 if roofline.LANES == 16 else 12
    per_thread = 2 * roofline.LANES * chains / 1e-6 / 1e9
    assert roofline.peak_gflops(1, milliseconds=400, rounds=2) == pytest.approx(per_thread)
    assert burnt[:2] == [100_000] * 2 and burnt[2:] == [pytest.approx(400_000, abs=2)] * 2


def test_both_limits_of_a_row_are_the_better_of_two_measurements(monkeypatch):
    from benchmarks import cases, layers

    measured = iter([{"peak_gflops": 50.0, "copy_gbs": 9.0}, {"peak_gflops": 60.0, "copy_gbs": 8.0}])
    monkeypatch.setattr(roofline, "limits", lambda threads, quick: next(measured))
    part = layers.measure([cases.from_text("1,6,6,3,4,3")], [], 1, quick=True)
    assert (part["head"]["peak_gflops"], part["head"]["copy_gbs"]) == (60.0, 9.0)


def test_paired_ratio():
    ratio, low, high = timing.paired_ratio(np.full(9, 3.0), np.full(9, 2.0))
    assert (ratio, low, high) == (1.5, 1.5, 1.5)


@pytest.mark.parametrize("rounds", [3, 5, 9, 25])
def test_the_interval_is_that_of_medians_of_drawn_rounds(rounds):
    """By the binomial: k of n rounds are drawn so often that the middle one is among them."""
    ratios = np.random.default_rng(rounds).lognormal(0.0, 0.3, rounds)
    _, low, high = timing.paired_ratio(ratios, np.ones(rounds))
    share = [
        sum(
            math.comb(rounds, j) * (k / rounds) ** j * (1 - k / rounds) ** (rounds - j)
            for j in range((rounds + 1) // 2, rounds + 1)
        )
        for k in range(rounds + 1)
    ]  # that a drawn median is at most the k-th ratio
    k = int(np.searchsorted(np.sort(ratios), low)) + 1
    assert np.sort(ratios)[k - 1] == low and share[k] > 0.015 and share[k - 1] < 0.04
    k = int(np.searchsorted(np.sort(ratios), high)) + 1
    assert np.sort(ratios)[k - 1] == high and share[k] > 0.96 and share[k - 1] < 0.985


def test_a_race_tells_how_many_times_as_long_the_others_took(clock):
    """Timed calls of B take 2, 3 and 5 s where A's take 1; of each two calls the first is untimed."""
    calls = {"A": clock.engine("A", 1.0), "B": clock.engine("B", 2.0, 9.0, 2.0, 9.0, 3.0, 9.0, 5.0)}
    samples = timing.race(calls, 0.0, least=3, most=3)
    assert samples["A"].times is None and samples["B"].times == (3.0, 2.0, 5.0)
    assert {"ratio": 3.0, "low": 2.0, "high": 5.0}.items() <= samples["B"].row().items()
    assert "low" not in samples["A"].row()


def test_of_a_slow_engine_the_rounds_that_it_has_are_paired(clock):
    calls = {"A": clock.engine("A", 1.0, *[1.0, 1.0] * 3, 9.0), "B": clock.engine("B", 4.0)}
    samples = timing.race(calls, 99.0, least=3, most=6)
    assert (len(samples["A"].seconds), samples["B"].times) == (6, (4.0, 4.0, 4.0))


def test_one_round_has_no_interval(clock):
    samples = timing.race({"A": clock.engine("A", 1.0), "B": clock.engine("B", 2.0)}, 0.0, least=1, most=1)
    assert samples["B"].times is None


@pytest.mark.parametrize(("off", "rounds"), [(0.04, 3), (0.06, 8)])
def test_rounds_go_on_while_an_interval_is_wide(clock, off, rounds):
    """A round takes 4 s after the rehearsal's 2 s; 11 s last three rounds, three times that eight."""
    wobbling = [1.0, *[1.0, 1.0 - off, 1.0, 1.0 + off, 1.0, 1.0] * 9]
    samples = timing.race({"A": clock.engine("A", 1.0), "B": clock.engine("B", *wobbling)}, 11.0, least=2, most=99)
    assert len(samples["A"].seconds) == rounds


def test_a_slow_engines_wide_interval_does_not_prolong_the_race(clock):
    calls = {"A": clock.engine("A", 1.0), "B": clock.engine("B", 3.0, 3.0, 2.6, 3.0, 9.0, 3.0)}
    samples = timing.race(calls, 26.0, least=2, most=99)
    assert [len(sample.seconds) for sample in samples.values()] == [3, 2]
