# within a band: history scores
# %% as it is typed: an order, masks and weights that each engine draws for itself
import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential

keras.utils.set_random_seed(1)
rng = np.random.default_rng(5)
labels = rng.integers(0, 4, 320)
pictures = rng.integers(0, 120, (320, 12, 12, 1))
for picture, label in zip(pictures, labels, strict=True):  # a bright quarter says which class it is
    picture[6 * (label // 2) :, 6 * (label % 2) :][:6, :6] += 60
x, y = pictures.astype("float32") / 255, labels

# %%
model = Sequential(
    [
        keras.Input(shape=(12, 12, 1)),
        Conv2D(8, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Dropout(0.25),
        Flatten(),
        Dense(16, activation="relu"),
        Dropout(0.25),
        Dense(4, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.optimizer.learning_rate = 0.005
history = model.fit(x[:240], y[:240], epochs=12, batch_size=16, validation_split=0.1, verbose=0)
scores = model.evaluate(x[240:], y[240:], verbose=0)
