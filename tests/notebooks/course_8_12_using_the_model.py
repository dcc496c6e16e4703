# compares: x scores logits prediction
# %% 8.12: the model is put to use
import keras
import numpy as np
from keras.preprocessing.image import load_img
from keras.utils import image_dataset_from_directory

# %% the model that was trained before
model = keras.Sequential(
    [
        keras.Input((24, 24, 3)),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(10),
    ]
)
start(model)
model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.save("clothes.keras")

# %%
model = keras.models.load_model("clothes.keras")
test_ds = image_dataset_from_directory(
    DATA / "validation", label_mode="categorical", image_size=(24, 24), shuffle=False
).map(lambda images, labels: (images / 127.5 - 1, labels))
scores = model.evaluate(test_ds)

# %%
img = load_img(DATA / "validation" / "pants" / "0001.png", target_size=(24, 24))
x = np.array(img)
X = np.array([x]) / 127.5 - 1.0
logits = model.predict(X)
classes = ["dress", "hat", "longsleeve", "outwear", "pants", "shirt", "shoes", "shorts", "skirt", "t-shirt"]
prediction = dict(zip(classes, logits[0], strict=True))
