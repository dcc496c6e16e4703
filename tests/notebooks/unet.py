# compares: history masks
# %% a small U-Net: a mask for each picture
import keras
import numpy as np
from keras.layers import Conv2D, Conv2DTranspose, Input, LeakyReLU, MaxPooling2D, UpSampling2D, concatenate
from keras.models import Model

rng = np.random.default_rng(7)
X = rng.uniform(0, 0.5, (24, 16, 16, 1)).astype("float32")
Y = np.zeros((24, 16, 16, 1), "float32")
for picture, mask, corner in zip(X, Y, rng.integers(1, 9, (24, 2)), strict=True):
    place = slice(corner[0], corner[0] + 6), slice(corner[1], corner[1] + 6)
    picture[place] += 0.5
    mask[place] = 1


# %%
def block(x, filters):
    for _ in range(2):
        x = Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")(x)
        x = LeakyReLU(negative_slope=0.1)(x)
    return x


inputs = Input((16, 16, 1))
one = block(inputs, 4)
two = block(MaxPooling2D()(one), 6)
three = block(MaxPooling2D()(two), 8)
up = Conv2DTranspose(6, (2, 2), strides=(2, 2), padding="same")(three)
up = block(concatenate([up, two]), 6)
up = Conv2D(4, 2, padding="same", activation="relu")(UpSampling2D((2, 2), interpolation="bilinear")(up))
up = block(concatenate([up, one], axis=3), 4)
outputs = Conv2D(1, 1, activation="sigmoid")(up)
model = Model(inputs=[inputs], outputs=[outputs])
start(model)

# %%
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0),
    loss="binary_crossentropy",
    metrics=["accuracy", keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")],
)
history = model.fit(X, Y, batch_size=6, epochs=3, validation_split=0.25, shuffle=False)
masks = np.squeeze(model.predict(X[:2]))
