# compares: history scores rate
# %% a net of blocks on small pictures, with all that a notebook of this kind switches on
import keras
import numpy as np
from keras.callbacks import EarlyStopping, LearningRateScheduler, ReduceLROnPlateau
from keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    RandomTranslation,
    ReLU,
)
from keras.models import Sequential
from keras.regularizers import l2
from keras.utils import to_categorical

rng = np.random.default_rng(3)
labels = rng.integers(0, 4, 48)
pictures = rng.integers(0, 120, (48, 16, 16, 3))
for picture, label in zip(pictures, labels, strict=True):  # a bright quarter says which class it is
    picture[8 * (label // 2) :, 8 * (label % 2) :][:8, :8] += 100
x_train, x_test = pictures[:32].astype("float32") / 255, pictures[32:].astype("float32") / 255
y_train, y_test = to_categorical(labels[:32], 4), to_categorical(labels[32:], 4)

# %%
mean, std = np.mean(x_train, axis=(0, 1, 2)), np.std(x_train, axis=(0, 1, 2))
x_train, x_test = (x_train - mean) / (std + 1e-7), (x_test - mean) / (std + 1e-7)

# %%
model = Sequential()
model.add(Input(shape=(16, 16, 3)))
model.add(RandomTranslation((0.0625, 0.0625), (0.0625, 0.0625), fill_mode="constant"))
for filters in (8, 12):
    model.add(
        Conv2D(
            filters, (3, 3), padding="same", kernel_regularizer=l2(1e-3), kernel_initializer="he_normal", use_bias=False
        )
    )
    model.add(BatchNormalization(momentum=0.8))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.0))
model.add(Flatten())
model.add(Dense(16))
model.add(ReLU(max_value=6.0, negative_slope=0.1))
model.add(Dense(4, activation="softmax"))
start(model)


# %%
def schedule(epoch, lr):
    return lr if epoch < 2 else lr * 0.5


model.compile(
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    optimizer=keras.optimizers.RMSprop(learning_rate=0.003),
    metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top2")],
)
callbacks = [
    LearningRateScheduler(schedule),
    ReduceLROnPlateau(monitor="val_loss", factor=0.1, patience=1, min_delta=0.2),
    EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
]
history = model.fit(
    x_train, y_train, batch_size=8, epochs=4, validation_data=(x_test, y_test), callbacks=callbacks, shuffle=False
)
scores = model.evaluate(x_test, y_test, verbose=0)
rate = float(model.optimizer.learning_rate)
