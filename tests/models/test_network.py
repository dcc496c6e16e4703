"""What goes into a model: arrays, lists of numbers, lists of arrays, and in which dtype a first batch builds it."""

import numpy as np
import pytest

from minicnn import Add, Dense, Input, Model, Sequential


def test_a_first_batch_builds_in_float32():
    model = Sequential([Dense(2)])
    assert model.predict(np.ones((3, 4), np.float64)).dtype == np.float32
    assert model.dtype == "float32" and model.layers[0].params["kernel"].dtype == np.float32


def test_a_first_batch_builds_in_the_dtype_that_the_model_was_cast_to():
    model = Sequential([Dense(2)])
    model.cast("float64")
    assert model.forward(np.ones((3, 4), np.float32)).dtype == np.float64
    assert model.dtype == "float64" and model.layers[0].params["kernel"].dtype == np.float64


def test_one_input_as_numbers_as_an_array_and_as_a_list_of_one_array():
    model = Sequential([Input((4,)), Dense(2)], seed=0)
    x = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    want = model.forward(x)
    for given in (x.tolist(), [x], (x,), tuple(x)):
        np.testing.assert_array_equal(model.forward(given), want)
    np.testing.assert_array_equal(model.forward(x[:1].tolist()), model.forward(x[:1]))  # a list of one example


def test_two_inputs_come_in_a_list():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], Add()([a, b]))
    x, y = np.ones((2, 4)), np.full((2, 4), 2.0)
    np.testing.assert_array_equal(model.forward([x, y]), np.full((2, 4), 3))
    np.testing.assert_array_equal(model.forward((x.tolist(), y.tolist())), np.full((2, 4), 3))
    with pytest.raises(ValueError, match="takes 2 inputs. Received: 1."):
        model.forward(x)
    with pytest.raises(ValueError, match="takes 2 inputs. Received: 3."):
        model.forward([x, y, x])
