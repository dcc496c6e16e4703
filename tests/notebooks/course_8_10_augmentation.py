# compares: history batch
# %% 8.10 and 8.11: larger pictures, augmented. Ranges of one value: each engine draws numbers of its own
import keras
from keras import layers
from keras.utils import image_dataset_from_directory

train_ds = image_dataset_from_directory(
    str(DATA / "train"), label_mode="int", image_size=(28, 28), batch_size=16, shuffle=False
)
val_ds = image_dataset_from_directory(
    str(DATA / "validation"), label_mode="int", image_size=(28, 28), batch_size=16, shuffle=False
)

# %%
data_augmentation = keras.Sequential(
    [
        layers.RandomRotation((0.04, 0.04)),
        layers.RandomZoom((-0.1, -0.1), (0.05, 0.05)),
        layers.RandomTranslation((0.1, 0.1), (-0.1, -0.1), fill_mode="nearest"),
        layers.RandomContrast((-0.2, 0.2)),
        layers.RandomBrightness((0.1, 0.1)),
    ]
)
for images, _ in train_ds.take(1):
    batch = data_augmentation(images, training=True)

# %%
inputs = keras.Input((28, 28, 3))
x = data_augmentation(inputs)
x = layers.Rescaling(1.0 / 255)(x)
x = layers.Conv2D(8, 3, activation="relu")(x)
x = layers.MaxPooling2D(3)(x)
x = layers.Flatten()(x)
x = layers.Dropout(0.0)(x)
outputs = layers.Dense(10)(x)
model = keras.Model(inputs, outputs)
start(model)

# %%
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
history = model.fit(train_ds, validation_data=val_ds, epochs=2)
