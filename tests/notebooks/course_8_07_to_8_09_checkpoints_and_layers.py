# compares: history saved answers again
# %% 8.7: the best epoch is kept; 8.8: a layer between; 8.9: dropout, of rate 0: each engine draws masks of its own
from pathlib import Path

import keras
from keras import layers
from keras.models import load_model
from keras.utils import image_dataset_from_directory

settings = {"image_size": (24, 24), "batch_size": 16, "shuffle": False, "verbose": False}
train_ds = image_dataset_from_directory(DATA / "train", **settings)
val_ds = image_dataset_from_directory(DATA / "validation", **settings)


# %%
def make_model(learning_rate=0.01, size_inner=20, droprate=0.0):
    inputs = keras.Input(shape=(24, 24, 3), name="pictures")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
    x = layers.MaxPooling2D((2, 2))(x)
    vectors = layers.Flatten()(x)
    inner = layers.Dense(size_inner, activation="relu")(vectors)
    drop = layers.Dropout(droprate)(inner)
    outputs = layers.Dense(10, activation="softmax")(drop)
    model = keras.Model(inputs=inputs, outputs=outputs)
    start(model)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


# %%
checkpoint = keras.callbacks.ModelCheckpoint(
    "net_v1_{epoch:02d}_{val_accuracy:.3f}.keras", save_best_only=True, monitor="val_accuracy", mode="max"
)
model = make_model(size_inner=12)
history = model.fit(train_ds, epochs=3, validation_data=val_ds, callbacks=[checkpoint])

# %%
saved = sorted(path.name for path in Path().glob("net_v1_*.keras"))
best = load_model(saved[-1])
answers = best.evaluate(val_ds, return_dict=True)
again = load_model(saved[-1], compile=False).predict(val_ds)
