# compares: names scores history
# %% the dataset
import keras
from keras import layers
from keras.losses import CategoricalCrossentropy
from keras.optimizers import Adam
from keras.utils import image_dataset_from_directory

train_ds = image_dataset_from_directory(
    DATA / "train", label_mode="categorical", image_size=(24, 24), batch_size=16, shuffle=False
)
val_ds = image_dataset_from_directory(
    DATA / "validation", label_mode="categorical", image_size=(24, 24), batch_size=16, shuffle=False
)
names = train_ds.class_names

# %% the base, which stays as it is
base_model = keras.Sequential(
    [
        keras.Input(shape=(24, 24, 3)),
        layers.Rescaling(1.0 / 127.5, offset=-1),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(12, 3, activation="relu"),
    ],
    name="base",
)
base_model.trainable = False


# %% the head
def make_model(learning_rate=0.01):
    inputs = keras.Input(shape=(24, 24, 3))
    base = base_model(inputs, training=False)
    vectors = layers.GlobalAveragePooling2D()(base)
    outputs = layers.Dense(10)(vectors)
    model = keras.Model(inputs, outputs)
    start(model)
    optimizer = Adam(learning_rate=learning_rate)
    loss = CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


# %% 8.6: the learning rate
scores = {}
for lr in [0.001, 0.1]:
    model = make_model(learning_rate=lr)
    history = model.fit(train_ds, epochs=2, validation_data=val_ds)
    scores[lr] = history.history
