"""A process of its own that makes calls and times them."""

import os

import numpy as np
import pytest

from benchmarks import timing
from benchmarks.elsewhere import Elsewhere


def power(base, exponent):
    """Return a call for the other process: it counts its calls."""
    calls = []

    def call():
        calls.append(1)
        return base**exponent

    return call, lambda value: np.array([value, len(calls), os.getpid()])


def variable(name):
    return lambda: None, lambda value: os.environ.get(name)


def wrong():
    raise KeyError("nothing")


@pytest.fixture
def elsewhere():
    process = Elsewhere({"A_TEST_OF_BENCHMARKS": "1"})
    yield process
    process.close()


def test_calls_are_made_and_counted_there(elsewhere):
    call = elsewhere.make(power, 2.0, 10)
    value, count, process = call()
    assert (value, count) == (1024, 1) and process != os.getpid()
    assert call.seconds(5) > 0 and call()[1] == 7
    (value, _, _), seconds = timing.timed(call)
    assert value == 1024 and seconds > 0
    samples = timing.race({"minicnn": lambda: None, "there": call}, 0.0, least=2, most=2)
    assert len(samples["there"].seconds) == 2 and samples["there"].times[0] > 0
    assert elsewhere.make(power, 3.0, 2)()[:2].tolist() == [9, 1]


def test_its_environment_is_its_own(elsewhere):
    assert elsewhere.make(variable, "A_TEST_OF_BENCHMARKS")() == "1"
    assert "A_TEST_OF_BENCHMARKS" not in os.environ


def test_what_fails_there_is_said_here(elsewhere):
    with pytest.raises(ValueError, match="A process that measures failed: KeyError: 'nothing'"):
        elsewhere.make(wrong)
    assert elsewhere.make(power, 2.0, 2)()[0] == 4  # and it goes on
    elsewhere._process.terminate()
    with pytest.raises(ValueError, match="A process that measures ended early"):
        elsewhere.make(power, 2.0, 2)
