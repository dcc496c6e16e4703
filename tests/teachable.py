"""Models as Teachable Machine exports them, small and with drawn weights, and its own ways with a picture."""

import json
import math
import zipfile

import numpy as np
from PIL import Image, ImageOps

from minicnn import Conv2D, Dense, GlobalAveragePooling2D, Input, Sequential

LABELS = ["Apple", "Red pear"]
METADATA = {
    "tfjsVersion": "1.7.4",
    "tmVersion": "2.4.10",
    "packageName": "@teachablemachine/image",
    "modelName": "tm-my-image-model",
    "labels": LABELS,
    "imageSize": 24,
}


def net(seed=3, size=24):
    """Two halves with the layers' names that a browser gives, in place of MobileNet one convolution."""
    first = Sequential(
        [
            Input((size, size, 3)),
            Conv2D(6, 5, strides=3, activation="tanh", name="Conv1"),
            GlobalAveragePooling2D(name="global_average_pooling2d_GlobalAveragePooling2D1"),
        ],
        name="sequential_1",
    )
    second = Sequential(
        [Dense(5, activation="relu", name="dense_Dense1"), Dense(2, activation="softmax", name="dense_Dense2")],
        name="sequential_3",
    )
    model = Sequential([Input((size, size, 3)), first, second], name="sequential_4", seed=seed)
    rng = np.random.default_rng(seed)  # so large that pictures come out on both sides
    model.set_weights([rng.normal(0, 1, array.shape) for array in model.get_weights()])
    return model


def keras_export(folder, model=None):
    """Leave keras_model.h5 and labels.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    (model or net()).save(folder / "keras_model.h5")
    (folder / "labels.txt").write_text("".join(f"{k} {name}\n" for k, name in enumerate(LABELS)), encoding="utf-8")
    return folder


def browser_export(folder, model=None):
    """Leave model.json, weights.bin and metadata.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (model or net()).save(folder / "model.json")
    (folder / "group1-shard1of1.bin").rename(folder / "weights.bin")
    text = (folder / "model.json").read_text().replace("group1-shard1of1.bin", "weights.bin")
    (folder / "model.json").write_text(text)
    (folder / "metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    return folder


def zipped(folder, path, below="", compression=zipfile.ZIP_DEFLATED):
    """Pack a folder's files, below a folder of the zip if need be."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, below + file.name)
    return path


def fed(path, size=24):
    """Read a picture as the lines of Python do that Teachable Machine shows beside its export for Keras."""
    with Image.open(path) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
    return (np.asarray(fitted).astype(np.float32) / 127.5 - 1)[None]


def drawn(path, size=24):
    """Read a picture as its library for browsers does: the centred square, between the four pixels at each point."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(float)
    height, width, _ = pixels.shape
    scale = size / min(height, width)

    def places(length):
        drawn = math.ceil(length * scale)  # cropTo: the whole picture so large, moved by whole pixels of the canvas
        skipped = int((drawn - size) / 2)
        at = np.clip((skipped + np.arange(size) + 0.5) * length / drawn - 0.5, 0, length - 1)
        low = np.minimum(at.astype(int), max(length - 2, 0))
        return low, np.minimum(low + 1, length - 1), at - low

    (top, bottom, v), (left, right, h) = places(height), places(width)
    h = h[:, None]
    upper, lower = (pixels[row][:, left] * (1 - h) + pixels[row][:, right] * h for row in (top, bottom))
    v = v[:, None, None]
    return (np.rint(upper * (1 - v) + lower * v).astype(np.float32) / 127.5 - 1)[None]
