"""The stopwatch: who is called when, and how often. No figure of time is asserted."""

import numpy as np
import pytest

from benchmarks import roofline, timing


def test_rounds_alternate():
    calls = []
    timing.race({name: lambda name=name: calls.append(name) for name in "AB"}, 0.0, least=2, most=2, hot=False)
    assert calls == ["A", "B", "A", "B", "B", "A"]  # the rehearsal, then A B, B A


def test_hot_calls_are_warmed_and_short_ones_repeated():
    calls = []
    samples = timing.race({"A": lambda: calls.append(1)}, 0.0, least=3, most=3)
    assert len(samples["A"].seconds) == 3
    assert len(calls) > 1 + 2 * 3


def test_a_slow_engine_gets_the_least_rounds():
    burn = np.ones(1_000_000)
    samples = timing.race({"fast": lambda: None, "slow": lambda: burn.cumsum()}, 3600.0, least=3, most=6, hot=None)
    assert (len(samples["fast"].seconds), len(samples["slow"].seconds)) == (6, 3)


def test_a_sample_knows_its_spread():
    row = timing.Sample(9.0, [0.001, 0.002, 0.003, 0.004, 0.005]).row()
    assert row == pytest.approx({"ms": 3.0, "iqr_ms": 2.0, "rounds": 5, "first_ms": 9000.0})
    assert timing.noisy(row)
    assert not timing.noisy({"ms": 3.0, "iqr_ms": 0.5})


def test_denormals_are_noticed():
    assert timing.keeps_denormals()


def test_the_limits_of_this_machine_are_measured():
    limits = roofline.limits(1, quick=True)
    assert limits["peak_gflops"] > 0 and limits["copy_gbs"] > 0


def test_the_roof_is_the_nearer_limit():
    head = {"peak_gflops": 100.0, "copy_gbs": 10.0}
    assert roofline.share_of_limit(2e9, 1e6, 0.04, head) == pytest.approx(0.5)  # 20 ms of multiply-adds
    assert roofline.share_of_limit(1e6, 1e9, 0.2, head) == pytest.approx(0.5)  # 100 ms of copying
