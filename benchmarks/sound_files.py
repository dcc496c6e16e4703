"""Small sound model files, one of every kind that minicnn reads, for fuzz.py to damage."""

import importlib.util
import json
import zipfile

import h5py
import numpy as np

from minicnn.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Normalization,
    ReLU,
    Rescaling,
    SeparableConv2D,
    ZeroPadding2D,
)
from minicnn.models import Model, Sequential

CLASSES = ["a", "b", "c"]


def sound_files(folder):
    """Write a small net, with something of everything, in every format.

    Returns
    -------
    paths : list of Path
        The file of each kind that a command is asked about; what belongs to it lies beside it.
    """
    own, plain = _net([Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])]), _net([])
    own.save(folder / "model.keras")
    own.save(folder / "model.h5")
    own.save_weights(folder / "model.weights.h5")
    plain.save(folder / "model.json")
    (folder / "architecture.json").write_text(own.to_json(), encoding="utf-8")
    own.save_weights(folder / "architecture.weights.h5")
    own.save(folder / "card.h5")
    _keras1(folder / "keras1.h5")
    kinds = ["model.keras", "model.h5", "model.weights.h5", "model.json", "architecture.json", "keras1.h5"]
    kinds.append("card.classifier.json")  # which lies beside card.h5
    labels = "".join(f"{number} {name}\n" for number, name in enumerate(CLASSES))
    _zipped(folder / "for_keras.zip", {"keras_model.h5": folder / "model.h5"}, {"labels.txt": labels})
    told = {"packageName": "@teachablemachine/image", "labels": CLASSES, "imageSize": 8}
    browser = {name: folder / name for name in ("model.json", "group1-shard1of1.bin")}
    _zipped(folder / "for_browsers.zip", browser, {"metadata.json": json.dumps(told)})
    kinds += ["for_keras.zip", "for_browsers.zip"]
    if importlib.util.find_spec("onnx"):  # one more kind where the package is there to write it
        from .peers import onnx_files

        (folder / "model.onnx").write_bytes(onnx_files.small_net())
        kinds.append("model.onnx")
    return [folder / name for name in kinds]


def _zipped(path, files, texts):
    """Write a zip as Teachable Machine exports it: of files, by their names inside, and of texts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            archive.write(file, name)
        for name, text in texts.items():
            archive.writestr(name, text)


def _keras1(path):
    """Write a small net as Keras 1.2 did."""
    first = {
        "batch_input_shape": [None, 8, 8, 3],
        "nb_filter": 4,
        "nb_row": 3,
        "nb_col": 3,
        "border_mode": "same",
        "subsample": [2, 2],
        "dim_ordering": "tf",
        "activation": "relu",
    }
    layers = {
        "convolution2d_1": ("Convolution2D", first, {"W": (3, 3, 3, 4), "b": (4,)}),
        "flatten_1": ("Flatten", {}, {}),
        "dense_1": ("Dense", {"output_dim": 3, "activation": "softmax"}, {"W": (64, 3), "b": (3,)}),
    }
    entries = [{"class_name": kind, "config": {"name": name, **own}} for name, (kind, own, _) in layers.items()]
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "1.2.1"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": entries})
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in layers]
        for name, (_, _, shapes) in layers.items():
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}_{end}".encode() for end in shapes]
            for end, shape in shapes.items():
                group[f"{name}_{end}"] = rng.normal(size=shape).astype("float32")


def _net(first):
    """Make the net, its picture through the layers `first`, which not every format has."""
    narrow = Input((4, 4, 4))
    x = BatchNormalization()(SeparableConv2D(4, 3, padding="same", use_bias=False)(narrow))
    block = Model(narrow, Add()([narrow, ReLU(6.0)(x)]), name="block")
    picture = Input((8, 8, 3), name="picture")
    x = Rescaling(1 / 127.5, -1.0)(picture)
    for layer in first:
        x = layer(x)
    x = MaxPooling2D(2)(Conv2D(4, 3, activation="relu")(ZeroPadding2D(1)(x)))
    x = DepthwiseConv2D(3, padding="same")(block(block(x), training=False))
    head = Sequential([Input((4, 4, 4)), GlobalAveragePooling2D(), Dropout(0.2), Dense(3)], name="head")
    model = Model(picture, head(x), name="net", seed=0)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.classifier = {
        "version": 1,
        "class_names": CLASSES,
        "size": [8, 8],
        "resize": "nearest",
        "scale": 1.0,
        "offset": 0.0,
        "output": "logits",
    }
    return model
