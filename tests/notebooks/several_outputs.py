# compares: history scores colour shape
# %% one net, two questions: what shape, and what colour
import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(9)
pictures = rng.uniform(0, 0.4, (40, 10, 10, 3)).astype("float32")
shapes, colours = rng.integers(0, 3, 40), rng.uniform(0, 0.6, (40, 3)).astype("float32")
pictures += colours[:, None, None]
pictures[shapes == 1, :5] *= 0.5
pictures[shapes == 2, :, :5] *= 0.5

# %%
inputs = keras.Input(shape=(10, 10, 3), name="picture")
x = layers.Conv2D(8, 3, activation="relu")(inputs)
shortcut = layers.Conv2D(8, 1)(layers.Cropping2D(1)(inputs))
x = layers.Activation("silu")(x + shortcut * 0.5)
x = layers.GlobalAveragePooling2D()(x)
shape = layers.Dense(3, activation="softmax", name="shape")(x)
colour = layers.Dense(3, name="colour")(x)
model = keras.Model(inputs=inputs, outputs=[shape, colour], name="two_questions")
start(model)

# %%
model.compile(
    optimizer=keras.optimizers.AdamW(0.02, weight_decay=0.01),
    loss={"shape": "sparse_categorical_crossentropy", "colour": keras.losses.Huber()},
    loss_weights={"shape": 1.0, "colour": 3.0},
    metrics={"shape": ["accuracy"], "colour": ["mae"]},
)
history = model.fit({"picture": pictures}, {"shape": shapes, "colour": colours}, epochs=3, batch_size=8, shuffle=False)
scores = model.evaluate({"picture": pictures}, {"shape": shapes, "colour": colours}, batch_size=8, return_dict=True)
shape, colour = model.predict({"picture": pictures[:5]})
