"""Made `keras2_files.zip`: one model as Keras 2 saved it, in five files. It needs tf_keras, which the tests don't.

    pip install tf_keras && python tests/files/make_keras2_files.py

The arrays are numbered, so that the tests know them: array n of the model, in Keras 2's order, is n + 1 + k/64 for its
elements k = 0, 1, ...; array n of the optimizer is n + 99 + k/64, its iteration 9.
"""

import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tf_keras as keras
from tf_keras import layers as L


def numbered(arrays, first):
    """Return arrays of the same shapes and dtypes, filled as above."""
    return [(first + n + np.arange(a.size).reshape(a.shape) / 64).astype(a.dtype) for n, a in enumerate(arrays)]


def build(optimizer):
    """Return the model: a nested Functional model called frozen, a nested Sequential, a layer used twice."""
    keras.backend.clear_session()
    picture = keras.Input((4, 4, 2), name="picture")
    x = L.Conv2D(2, 1, name="block1_conv1")(picture)
    x = L.BatchNormalization(name="block1_conv1_bn")(x)
    x = L.SeparableConv2D(2, 3, padding="same", use_bias=False, name="block2_sepconv1")(x)
    base = keras.Model(picture, x, name="base")
    narrow = L.DepthwiseConv2D(3, padding="same", input_shape=(4, 4, 2), name="dw")
    head = keras.Sequential([narrow, L.LeakyReLU(0.2)], name="head")
    inputs = keras.Input((4, 4, 2), name="input_1")
    x, twice = base(inputs, training=False), L.Conv2D(2, 1, name="twice")
    x = L.Add(name="sum")([twice(x), twice(head(x))])
    y = L.Dense(3, name="out", activation="softmax")(L.GlobalAveragePooling2D(name="pool")(x))
    model = keras.Model(inputs, y, name="top")
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    model.fit(np.zeros((4, 4, 4, 2)), np.eye(3)[[0, 1, 2, 0]], verbose=0)
    model.set_weights(numbered(model.get_weights(), 1))
    return model


def main():
    """Write the five files into the zip beside this script."""
    target = Path(__file__).with_name("keras2_files.zip").resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        model = build(keras.optimizers.legacy.Adam(0.25))
        state = model.optimizer.get_weights()
        model.optimizer.set_weights([np.int64(9), *numbered(state[1:], 100)])
        model.save("keras2_old_adam.h5")
        model.save_weights("keras2_layers.h5")
        model = build(keras.optimizers.Adam(0.25))
        variables = list(model.optimizer.variables)
        values = [np.int64(9), *numbered([variable.numpy() for variable in variables[1:]], 100)]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        model.save("keras2_adam.h5")
        model.save("keras2.keras")
        model.save_weights("keras2.weights.h5")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)


if __name__ == "__main__":
    main()
