# compares: adapted first second third scores
# %% rare classes count more, doubtful pictures less
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(11)
y = rng.choice(3, 60, p=[0.7, 0.2, 0.1])
X = (rng.normal(0, 1, (60, 8, 8, 2)) + y[:, None, None, None]).astype("float32")
doubt = rng.uniform(0.2, 1, 60).astype("float32")

# %%
normalization = layers.Normalization(axis=-1)
normalization.adapt(X)
adapted = normalization(X[:5])  # before start, which sets mean and variance too
model = keras.Sequential(
    [
        keras.Input((8, 8, 2)),
        normalization,
        layers.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.PReLU(),
        layers.Dense(3),
        layers.Softmax(),
    ]
)
start(model)
model.compile(
    optimizer=keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.9), momentum=0.9, nesterov=True
    ),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)

# %%
counts = np.bincount(y)
class_weight = {label: len(y) / (3 * count) for label, count in enumerate(counts)}
first = model.fit(X, y, batch_size=10, epochs=2, class_weight=class_weight, shuffle=False)

# %%
second = model.fit(X, y, batch_size=10, epochs=2, sample_weight=doubt, validation_split=0.2, shuffle=False)


# %% batches with weights, as a generator
def batches():
    while True:
        for at in range(0, 60, 12):
            yield X[at : at + 12], y[at : at + 12], doubt[at : at + 12]


third = model.fit(batches(), steps_per_epoch=5, epochs=2, validation_data=(X, y, doubt))
scores = model.evaluate(X, y, sample_weight=doubt)
