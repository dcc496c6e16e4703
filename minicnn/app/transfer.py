"""Train a classifier on a frozen base: Xception from ImageNet and the like, without TensorFlow.

The base answers each picture once; its vectors are kept in the store that keras_ref uses too (data/vectors.py), and a
small head learns from them in seconds. What is saved is the whole net, from pictures to logits.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..callbacks import Callback, CSVLogger, Diverged, Logs, TerminateOnNaN
from ..data import Folder, ImageBatches, VectorStore, answer_key, content_hashes, name_weights, reading, split_field
from ..files import WAYS, check_supported, make_card
from ..layers import Dense, Dropout, GlobalAveragePooling2D, Input, Layer, Normalization, Rescaling
from ..losses import CategoricalCrossentropy
from ..models import Model, card_of, is_model, load_model
from ..optimizers import Adam
from ..types import Array
from .card import ABLE, takes_pictures
from .settings import Settings
from .train import new_folder

BATCH: int = 32  # pictures that the base is given at once
BLOCK: int = 256  # pictures a file of the store
PAUSE: float = 30.0  # seconds between two lines on how far the base is
XCEPTION: str = "tf"  # what Keras calls its way with pixels, which is taken where nobody tells another


def train_on_base(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings,
    store: str | os.PathLike[str],
    say: Callable[[str], Any] = print,
) -> Model:
    """Train a head on a frozen base, and save the whole net whenever an epoch is the best so far.

    Parameters
    ----------
    folder : str or PathLike
        See `data.Folder`.
    out : str or PathLike
        A new or empty folder, for model.keras, history.csv and split.json.
    settings : Settings
        `base` is the file of the base.
    store : str or PathLike
        Where vectors are kept.
    say : function of a line

    Returns
    -------
    net : Model
        From pictures to logits, as it was after its best epoch on validation.

    Raises
    ------
    ValueError
        `out` holds something, the file holds no base, or training diverged.
    """
    base, feeding = load_base(settings.base, settings.size, say)
    out = new_folder(out)
    pictures = Folder(folder, settings.split_seed)
    if pictures.left_out:
        say(str(pictures.left_out))
    sides = {}
    for split in ("train", "validation"):
        batches = _batches(pictures, split, settings, feeding)
        pictures = pictures.without([Path(file) for file in batches.skipped])
        say(f"{split}: {len(batches.files)} pictures of {len(pictures.class_names)} classes")
        sides[split] = vectors(base, batches, store, say), np.eye(len(pictures.class_names))[batches.labels]
    pictures.write_split(out / "split.json")
    net, head = build(base, settings, len(pictures.class_names))
    size = (settings.size, settings.size)
    net.classifier = make_card(pictures.class_names, size, "logits", **feeding, split=split_field(pictures))
    saved = out / "model.keras"
    callbacks = [TerminateOnNaN(raise_error=True), _SaveBest(net, saved), CSVLogger(out / "history.csv")]
    try:
        head.fit(
            *sides["train"],
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=sides["validation"],
            callbacks=callbacks,
        )
    except Diverged as error:
        kept = f"the best epoch before is in {saved}" if saved.exists() else "no epoch ended well, so there is no model"
        raise ValueError(f"{str(error).rstrip('.')}; {kept}.") from None
    return load_model(saved)


def load_base(
    path: str | os.PathLike[str], size: int, say: Callable[[str], Any] = print
) -> tuple[Model, dict[str, Any]]:
    """Load a base: the largest model inside of a file's, or the file's own model where it answers maps.

    Parameters
    ----------
    path : str or PathLike
    size : int
        Pixels a side of the pictures that it is to take.
    say : function of a line

    Returns
    -------
    base : Model
        Frozen; from (None, H, W, C) to maps.
    feeding : dict
        Fields of classifier.json, how its pictures are read and scaled: what the file says, what lies beside it or the
        model itself; where nobody tells of the scale, Xception's.

    Raises
    ------
    ValueError
        The file holds no base, or one that wants its pictures in a way that can't be had here.
    """
    whole = load_model(path, optimizer=False)
    inside = [layer for layer in whole.layers if is_model(layer)]
    base = max(inside, key=lambda layer: len(layer.layers), default=whole)
    shape = base.output_shape
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(f"{path} holds no base: no model in it answers maps, (None, H, W, C). Received: {shape}.")
    if not takes_pictures(base.input_shape) or len(base.input_shape) != 4:
        raise ValueError(f"The base of {path} must take pictures, (None, H, W, 3). Received: {base.input_shape}.")
    feeding = _feeding(whole, base, path, size)
    if base.input_shape[1:3] != (size, size):
        base = _resized(base, size)
    base.trainable = False
    say(f"the base holds {name_weights(base.get_weights())}; pictures are taken at {size} px, {_told(feeding)}")
    return base, feeding


def _feeding(whole: Model, base: Model, path: str | os.PathLike[str], size: int) -> dict[str, Any]:
    """Return the fields of classifier.json that say how a base's pictures are read and scaled."""
    asked = whole if takes_pictures(whole.input_shape) else base
    resolved = card_of(asked, path, size=[side or size for side in asked.input_shape[1:3]])
    card = resolved.value
    check_supported(card, **ABLE)
    if resolved.origin["scale"] == "a guess":
        card = card | WAYS[XCEPTION]
    scale, offset = np.asarray(card["scale"]), np.asarray(card["offset"])
    for layer in _before(whole, base):  # what stands before the base in its net is left behind
        if isinstance(layer, Normalization):
            raise ValueError(f"{path} has a Normalization outside its base; save the two as one model.")
        if isinstance(layer, Rescaling):
            scale, offset = scale * np.asarray(layer.scale), offset * np.asarray(layer.scale) + np.asarray(layer.offset)
    return {**reading(card), "scale": scale.tolist(), "offset": offset.tolist(), "order": card["order"]}


def _before(whole: Model, base: Model) -> Iterator[Layer]:
    """Yield the layers of a net that come before its base."""
    for layer in whole.layers if whole is not base else ():
        if layer is base:
            return
        if is_model(layer):
            yield from (leaf for _, leaf in layer.leaves())
        else:
            yield layer


def _told(feeding: dict[str, Any]) -> str:
    """Tell how pictures are read and scaled, in words."""
    scale, offset = (", ".join(f"{number:.6g}" for number in np.ravel(feeding[name])) for name in ("scale", "offset"))
    scale, offset = (f"({text})" if "," in text else text for text in (scale, offset))
    usual = {"resize": "nearest", "crop": "none", "channels": 3, "invert": False, "order": "rgb"}
    more = [f"{name} {feeding[name]}" for name, value in usual.items() if feeding[name] != value]
    return ", ".join([f"x * {scale} + {offset}", *more])


def vectors(
    base: Model, batches: ImageBatches, store: str | os.PathLike[str], say: Callable[[str], Any] = print
) -> Array:
    """Return what a base answers to pictures, averaged over the maps; what the store lacks is computed.

    Parameters
    ----------
    base : Model
        Frozen.
    batches : ImageBatches
        In order, without labels.
    store : str or PathLike
    say : function of a line

    Returns
    -------
    vectors : (N, C) float32

    Raises
    ------
    ValueError
        An answer is not finite.
    """
    height, width, _ = batches.shape
    pixels = (height, width, batches.resize, batches.scale, batches.offset)
    more = {"order": batches.channel_order, "crop": batches.crop, "invert": batches.invert}
    kept = VectorStore(store, answer_key(base.get_weights(), *pixels, **more))
    known: dict[str, Array] = dict(kept.read())
    for path, why in {**dict.fromkeys(kept.damaged, "it is damaged"), **kept.unread}.items():
        say(f"{path} cannot be read ({why}); its vectors are computed again")
    hashes = content_hashes(batches.files)
    missing = sorted({digest: i for i, digest in reversed(list(enumerate(hashes))) if digest not in known}.items())
    order = np.array([i for _, i in missing], int)
    image = Input(batches.shape)
    net = Model(image, GlobalAveragePooling2D()(base(image)))
    pending: dict[str, Array] = {}
    written = True
    told = time.monotonic()
    for start, x in zip(range(0, len(order), batches.batch_size), batches.batches(order), strict=False):
        y = net.predict(x, batch_size=len(x))
        some = order[start : start + len(x)]
        if not np.isfinite(y).all():
            bad = some[int(np.isfinite(y).all(axis=1).argmin())]
            raise ValueError(f"The base's answer to {batches.files[bad]} is not finite: its weights are not.")
        pending |= zip((hashes[i] for i in some), y, strict=True)
        if len(pending) >= BLOCK or start + len(x) == len(order):
            written &= kept.write(list(pending), np.stack(list(pending.values())))
            known |= pending
            pending = {}
        if time.monotonic() - told > PAUSE:
            told = time.monotonic()
            say(f"the base has seen {start + len(x)} of {len(order)} pictures")
    if not written:
        say(f"the store {store} cannot be written: these vectors are not kept.")
    kept.drop_damaged(replaced=written)
    return np.stack([known[digest] for digest in hashes])


def build(base: Model, settings: Settings, classes: int) -> tuple[Model, Model]:
    """Put a head on a base.

    Parameters
    ----------
    base : Model
    settings : Settings
        `size`, `inner`, `dropout`, `lr` and `seed`.
    classes : int

    Returns
    -------
    net : Model, from pictures to logits
    head : Model, from vectors to logits; it shares its layers with `net`
        Both are compiled.
    """
    layers: list[Layer] = []
    if settings.inner:
        layers.append(Dense(settings.inner, activation="relu", name="inner"))
    if settings.dropout:
        layers.append(Dropout(settings.dropout, name="dropout"))
    layers.append(Dense(classes, name="logits"))
    image = Input((settings.size, settings.size, base.input_shape[3]))
    pooled = GlobalAveragePooling2D(name="pool")(base(image))
    vector = Input(pooled.shape[1:])
    head = Model(vector, _chain(layers, vector), name="head", seed=settings.seed)
    net = Model(image, _chain(layers, pooled), name="classifier")
    for model in (head, net):
        model.compile(Adam(settings.lr), CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return net, head


class _SaveBest(Callback):
    """Save the whole net after an epoch of its head that is the best so far on validation."""

    def __init__(self, net: Model, path: Path):
        self.net, self.path, self.best = net, path, -1.0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if logs["val_accuracy"] > self.best:
            self.best = logs["val_accuracy"]
            self.net.save(self.path)


def _resized(base: Model, size: int) -> Model:
    """Build a base anew for pictures of another size; its weights do not depend on it."""
    config = base.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            layer["config"]["batch_shape"] = [None, size, size, base.input_shape[3]]
    other = type(base).from_config(config)
    other.set_weights(base.get_weights())
    return other


def _chain(layers: list[Layer], x: Any) -> Any:
    for layer in layers:
        x = layer(x)
    return x


def _batches(pictures: Folder, split: str, settings: Settings, feeding: dict[str, Any]) -> ImageBatches:
    files, labels = pictures.split(split)
    return ImageBatches(
        files,
        labels,
        pictures.class_names,
        settings.size,
        BATCH,
        **feeding,
        label_mode=None,
        skip_corrupt=settings.skip_corrupt,
    )
