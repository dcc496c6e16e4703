# compares: history answers again
# %% a loss and a layer of one's own
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(13)
X = rng.normal(0, 1, (40, 8, 8, 2)).astype("float32")
Y = np.stack([X.mean((1, 2, 3)), X.max((1, 2, 3))], 1)


# %% keras: what is computed; TensorFlow finds the slope
class Scale(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale


def cubed(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true) ** 3, axis=-1)


# %% minicnn: what is computed, and its slope
class Scale(layers.Layer):
    def _build(self, input_shape, rng):
        self.params["scale"] = np.ones(input_shape[-1], self.dtype)

    def _forward(self, x, training):
        return x * self.params["scale"], x

    def _backward(self, dy, x, need_dx):
        self.grads["scale"] = (dy * x).sum(tuple(range(x.ndim - 1)))
        return dy * self.params["scale"] if need_dx else None


def cubed(y_true, y_pred):
    apart = y_pred - y_true
    return (np.abs(apart) ** 3).mean(-1), 3 * apart * np.abs(apart) / apart.shape[-1]


# %% minicnn: is the slope right?
assert keras.models.check_layer(Scale(), (None, 4, 4, 2)).ok

# %%
model = keras.Sequential(
    [
        keras.Input((8, 8, 2)),
        layers.Conv2D(6, 3, activation="elu"),
        Scale(name="scale"),
        layers.Flatten(),
        layers.Dense(2),
    ]
)
start(model)
model.compile("adam", loss=cubed)
history = model.fit(X, Y, batch_size=8, epochs=3, shuffle=False)

# %%
model.save("own.keras")
again = keras.models.load_model("own.keras", custom_objects={"Scale": Scale, "cubed": cubed}).evaluate(X, Y)
answers = model.predict(X[:4])
