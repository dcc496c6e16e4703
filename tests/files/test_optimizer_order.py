"""The optimizer's arrays in the orders of all versions of Keras, brought into Keras 3's: all of one weight together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.files.compiling import array_by_array

SHAPES = [(3, 3, 2, 4), (4,), (4, 4), (4,), (4, 4)]  # some are equal: swapped arrays would fit


def slots(letter):
    """One array a weight, its number in every cell."""
    return [np.full(shape, 100 * ord(letter) + k, "float32") for k, shape in enumerate(SHAPES)]


def variables(count):
    """Keras 2.0's names: "Variable", "Variable_1", ..."""
    return [f"training/Adam/Variable{f'_{k}' if k else ''}:0" for k in range(count)]


PLACEHOLDERS = [np.zeros(1, "float32")] * len(SHAPES)
M, V = slots("m"), slots("v")
ITERATIONS = ("Adam/iterations:0", np.int64(9))
COUNT = len(SHAPES)
FORMS = {
    "2.0, slot by slot": (variables(2 * COUNT), M + V),
    "2.1, placeholders after": (variables(3 * COUNT), M + V + PLACEHOLDERS),
    "2.3, by letters": (
        [f"training/Adam/{slot}_{k}:0" for slot in ("m", "v", "vhat") for k in range(COUNT)],
        M + V + PLACEHOLDERS,
    ),
    "tf.keras": ([f"Adam/layer_{k}/kernel/{slot}:0" for slot in "mv" for k in range(COUNT)], M + V),
}


@pytest.mark.parametrize("form", FORMS)
@given(order=st.randoms(use_true_random=False), mixed=st.booleans())
def test_adam(form, order, mixed):
    """Keras sorted the names in some versions: where they have numbers, the numbers tell."""
    names, arrays = FORMS[form]
    pairs = list(zip(names, arrays, strict=True))
    if mixed and form != "tf.keras":
        order.shuffle(pairs)
    first = ITERATIONS if form != "tf.keras" else ("Adam/iter:0", np.int64(9))
    names, arrays = zip(first, *pairs, strict=True)
    found = array_by_array(list(names), list(arrays), "Adam")
    want = [first[1], *(array for pair in zip(M, V, strict=True) for array in pair)]
    assert len(found) == len(want)
    for got, expected in zip(found, want, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_three_weights_have_six_slots_and_no_placeholders():
    """Six arrays are thrice two as well: only those of shape (1,) at the end are placeholders."""
    found = array_by_array(["a/iterations:0", *variables(6)], [np.int64(9), *M[:3], *V[:3]], "Adam")
    want = [9, *(array.flat[0] for pair in zip(M[:3], V[:3], strict=True) for array in pair)]
    assert [array.flat[0] for array in map(np.asarray, found)] == want


def test_momentum_and_none():
    names = ["SGD/iterations:0", *(f"training/SGD/Variable{f'_{k}' if k else ''}:0" for k in range(COUNT))]
    found = array_by_array(names, [np.int64(3), *M], "SGD")
    assert [int(array.flat[0]) for array in found] == [3, *(int(array.flat[0]) for array in M)]
    assert len(array_by_array(names[:1], [np.int64(3)], "SGD")) == 1


@pytest.mark.parametrize("class_name", ["RMSprop", "Adam"])
def test_another_optimizer_s_arrays_are_left_out(class_name):
    """Of an Adam with one slot, or AMSGrad's three, nothing is taken over: it starts afresh."""
    assert array_by_array(["a/iterations:0", *variables(COUNT)], [np.int64(3), *M], class_name) == []
    names = ["a/iterations:0", *(f"a/{slot}_{k}:0" for slot in ("m", "v", "vhat") for k in range(COUNT))]
    assert array_by_array(names, [np.int64(3), *M, *V, *M], class_name) == []


def test_keras_3_s_own_order_stays():
    names, arrays = ["adam/iteration", "adam/learning_rate", "adam/x"], [np.int64(1), np.float32(2), np.ones(3)]
    assert array_by_array(names, arrays, "Adam") == arrays
