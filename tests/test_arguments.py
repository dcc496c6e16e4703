"""What counts as an integer and as a number, and the sentences of the check that all rooms share."""

import numpy as np
import pytest

from minicnn.arguments import integer, is_integer, is_number

INTEGERS = [0, -3, 2**70, np.int8(3), np.uint64(3)]
NUMBERS = [0.5, np.inf, np.nan, np.float16(1), np.float64(1)]
NEITHER = [True, np.True_, None, "3", 1j, np.complex64(1), [1], np.array(1), np.array([1])]


@pytest.mark.parametrize("value", INTEGERS)
def test_integers(value):
    assert is_integer(value) and is_number(value)
    assert integer("n", value, -5) == value and type(integer("n", value, -5)) is int


@pytest.mark.parametrize("value", NUMBERS)
def test_other_numbers(value):
    assert is_number(value) and not is_integer(value)


@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_what_is_neither(value):
    assert not is_integer(value) and not is_number(value)
    with pytest.raises(ValueError, match="`n` must be a positive integer. Received: n="):
        integer("n", value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((0,), "`n` must be a positive integer. Received: n=0."),
        ((2.0,), "`n` must be a positive integer. Received: n=2.0."),
        ((-1, 0), "`n` must be an integer of at least 0. Received: n=-1."),
        ((15, 16), "`n` must be an integer of at least 16. Received: n=15."),
        ((8, 1, 7), "`n` must be at most 7. Received: n=8."),
    ],
)
def test_sentences(given, sentence):
    with pytest.raises(ValueError) as error:
        integer("n", *given)
    assert str(error.value) == sentence


def test_bounds_are_allowed():
    assert [integer("n", 1), integer("n", 0, 0), integer("n", 7, 1, 7)] == [1, 0, 7]
