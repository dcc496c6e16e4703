# compares: learning features head tuned answers
# %% a base that somebody trained, a new head, then both at a smaller rate
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(5)
labels = rng.integers(0, 3, 40)
pictures = (rng.uniform(0, 1, (40, 12, 12, 3)) + labels[:, None, None, None] * [0.5, 0, -0.2]).astype("float32")

# %%
inputs = keras.Input((12, 12, 3))
x = inputs
for number, filters in enumerate((6, 8, 10), 1):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"block{number}_conv")(x)
    x = layers.BatchNormalization(name=f"block{number}_bn")(x)
    x = layers.ReLU(name=f"block{number}")(x)
base = keras.Model(inputs, x, name="base")
start(base)

# %% what the second block sees
extractor = keras.Model(inputs=base.input, outputs=base.get_layer("block2").output)
features = extractor.predict(pictures)

# %%
base.trainable = False
inputs = keras.Input((12, 12, 3))
x = base(inputs, training=False)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(3, activation="softmax", name="head")(x)
model = keras.Model(inputs, outputs)
start(model)
learning = [len(model.trainable_weights)]
model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
head = model.fit(pictures, labels, batch_size=10, epochs=2, shuffle=False, validation_split=0.25)

# %%
base.trainable = True
for layer in base.layers[:-3]:
    layer.trainable = False
learning.append(len(model.trainable_weights))
model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
tuned = model.fit(pictures, labels, batch_size=10, epochs=4, initial_epoch=2, shuffle=False, validation_split=0.25)
answers = model.predict(pictures)
