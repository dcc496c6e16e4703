# compares: x preds top
# %% a net that somebody trained names a picture
import keras
import numpy as np
from keras.applications.imagenet_utils import decode_predictions, preprocess_input
from keras.utils import img_to_array, load_img

# %%
img = load_img(DATA / "train" / "hat" / "0000.png", target_size=(24, 24))
X = np.array([img_to_array(img)])
print(X.shape)

# %%
x = preprocess_input(X)

# %% a small net in the place of Xception
model = keras.Sequential(
    [
        keras.Input((24, 24, 3)),
        keras.layers.SeparableConv2D(8, 3, strides=2, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1000, activation="softmax"),
    ]
)
start(model)

# %%
preds = model.predict(x)
top = decode_predictions(preds, top=3)
