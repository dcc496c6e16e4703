"""Keras's witness for what the exercises' own formulas compute: it gives the same on the exercises' own cases."""

import numpy as np
import pytest

from minicnn.explain.exercises import EXERCISES
from minicnn.explain.exercises.running import right_answer
from tests.keras_oracle import keras, tf


def cases(name, count=12):
    """Return some cases of an exercise, small ones and large ones."""
    own = EXERCISES[name].cases()
    return own[:: max(1, len(own) // count)]


def close(got, want):
    want = np.asarray(want)
    tolerance = 1e-4 if want.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def test_crossentropy():
    for case in cases("crossentropy"):
        answer = right_answer(EXERCISES["crossentropy"], case)
        z = tf.Variable(case["logits"])
        of = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=str(case["logits"].dtype))
        with tf.GradientTape() as tape:
            loss = of(case["labels"], z)
        close(answer["loss"], loss)
        close(answer["dz"], tape.gradient(loss, z))


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_optimizers(name):
    for case in cases(name):
        if name == "adam" and case["t"] > 1 or name == "sgd" and case["momentum"] == 0:
            continue  # whose state Keras would have to be given, or which has none
        answer = right_answer(EXERCISES[name], case)
        w = keras.Variable(case["w"], dtype=str(case["w"].dtype))
        rate = {"learning_rate": case["learning_rate"]}
        if name == "sgd":
            optimizer = keras.optimizers.SGD(momentum=case["momentum"], **rate)
        else:
            optimizer = keras.optimizers.Adam(**rate, **{key: case[key] for key in ("beta_1", "beta_2", "epsilon")})
        optimizer.build([w])
        if name == "sgd":
            optimizer.momentums[0].assign(case["m"])
        optimizer.apply([tf.constant(case["g"])], [w])
        close(answer["w"].astype("float32"), np.asarray(w).astype("float32"))


def test_batch_normalization():
    for case in cases("batchnorm_backward"):
        answer = right_answer(EXERCISES["batchnorm_backward"], case)
        layer = keras.layers.BatchNormalization(epsilon=case["epsilon"], dtype=str(case["x"].dtype))
        x = tf.Variable(case["x"])
        layer.build(x.shape)
        layer.gamma.assign(case["gamma"])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, training=True) * case["dy"])
        dx, dgamma, dbeta = tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])
        for name, want in (("dx", dx), ("dgamma", dgamma), ("dbeta", dbeta)):
            np.testing.assert_allclose(answer[name], want, rtol=2e-3, atol=2e-3)
