# compares: count accuracy spread first second
# %% two classes, a net from nothing
import keras
import numpy as np
from keras import layers, models, optimizers
from keras.utils import image_dataset_from_directory

settings = {"label_mode": "binary", "class_names": ["hat", "pants"], "image_size": (30, 30), "batch_size": 2}
train = image_dataset_from_directory(DATA / "train", shuffle=False, **settings)
test = image_dataset_from_directory(DATA / "validation", shuffle=False, **settings)

# %%
model = models.Sequential()
model.add(keras.Input((30, 30, 3)))
model.add(layers.Rescaling(1.0 / 255))
model.add(layers.Conv2D(32, (3, 3), activation="relu"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
start(model)
model.compile(
    loss="binary_crossentropy", optimizer=optimizers.SGD(learning_rate=0.02, momentum=0.8), metrics=["accuracy"]
)
model.summary()
count = model.count_params()

# %%
first = model.fit(train, epochs=2, validation_data=test)
accuracy = np.median(first.history["accuracy"])
spread = np.std(first.history["loss"])

# %% the same net goes on, its pictures turned and moved
augmented = keras.Sequential(
    [
        keras.Input((30, 30, 3)),
        layers.RandomRotation((0.05, 0.05), fill_mode="nearest"),
        layers.RandomTranslation((0.1, 0.1), (0.1, 0.1), fill_mode="nearest"),
        model,
    ]
)
augmented.compile(
    loss="binary_crossentropy", optimizer=optimizers.SGD(learning_rate=0.02, momentum=0.8), metrics=["accuracy"]
)
second = augmented.fit(train, epochs=2, validation_data=test)
