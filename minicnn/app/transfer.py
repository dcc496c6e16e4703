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

from ..callbacks import Diverged, TerminateOnNaN
from ..data import (
    Folder,
    ImageBatches,
    VectorStore,
    answer_key,
    content_hashes,
    draw_seeds,
    name_weights,
    reading,
    split_field,
    variants,
)
from ..files import WAYS, check_supported, make_card
from ..layers import GlobalAveragePooling2D, Input, Layer, Normalization, Rescaling
from ..models import Model, card_of, is_model, load_model
from ..types import Array
from . import augment, heads, runs
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
        A new or empty folder, for model.keras, history.csv and split.json, and what `resume` needs.
    settings : Settings
        `base` is the file of the base, or `start` that of a trained classifier, whose head learns on.
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
    augment.check(settings.augment, settings.draws)
    trained = heads.Trained(settings.start) if settings.start else None
    base, feeding = load_base(settings.start or settings.base, settings.size, say, trained and trained.model)
    out = new_folder(out)
    runs.begin(out, folder, settings, base)
    return _learn(out, folder, settings, (base, feeding, trained), store, say)


def resume(
    out: str | os.PathLike[str],
    store: str | os.PathLike[str],
    epochs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    say: Callable[[str], Any] = print,
) -> Model:
    """Go on with a run after its last finished epoch, to the same bits as if it had not been broken off.

    Parameters
    ----------
    out : str or PathLike
        The run's folder.
    store : str or PathLike
        Where vectors are kept.
    epochs : int, optional
        To prolong it.
    folder : str or PathLike, optional
        Where its pictures have moved.
    say : function of a line

    Returns
    -------
    net : Model
        As it was after its best epoch.

    Raises
    ------
    ValueError
        `out` is no run on a base, its pictures or its base are others now, or it has more epochs than `epochs`.
    """
    out = Path(out)
    begun, settings = runs.read(out, epochs)
    trained = heads.Trained(settings.start) if settings.start else None
    base, feeding = load_base(settings.start or settings.base, settings.size, say, trained and trained.model)
    runs.go_on(out, folder or begun, settings, base)
    return _learn(out, folder or begun, settings, (base, feeding, trained), store, say)


def _learn(
    out: Path,
    folder: str | os.PathLike[str],
    settings: Settings,
    loaded: tuple[Model, dict[str, Any], heads.Trained | None],
    store: str | os.PathLike[str],
    say: Callable[[str], Any],
) -> Model:
    """Do the epochs that a run lacks."""
    base, feeding, trained = loaded
    pictures = Folder(folder, settings.split_seed)
    if pictures.left_out:
        say(str(pictures.left_out))
    earlier = trained.earlier(pictures.class_names, folder) if trained else None
    sides = {}
    for split in ("train", "validation"):
        batches = _batches(pictures, split, settings, feeding)
        pictures = pictures.without([Path(file) for file in batches.skipped])
        say(f"{split}: {len(batches.files)} pictures of {len(pictures.class_names)} classes")
        draws = variants(settings.augment, settings.draws) if split == "train" else [0]
        found = [vectors(base, batches, store, say, settings.augment, draw) for draw in draws]
        sides[split] = found, np.eye(len(pictures.class_names))[batches.labels]
    runs.keep_split(out, pictures)
    net, head = heads.build(base, settings, len(pictures.class_names))
    if trained:
        head.set_weights(trained.weights)
    size = (settings.size, settings.size)
    net.classifier = make_card(pictures.class_names, size, "logits", **feeding, split=split_field(pictures, earlier))
    saved = out / "model.keras"
    (found, y), ((judged,), truth) = sides["train"], sides["validation"]
    learned: Any = (found[0], y)
    if len(found) > 1 or settings.augment != "none":
        learned = (augment.Epochs(found, y, settings.batch_size, settings.seed, settings.augment),)
    try:
        head.fit(
            *learned,
            batch_size=None if len(learned) == 1 else settings.batch_size,
            epochs=settings.epochs,
            validation_data=(judged, truth),
            validation_batch_size=settings.batch_size,
            callbacks=[TerminateOnNaN(raise_error=True), runs.Progress(out, net, say)],
        )
    except Diverged as error:
        kept = f"the best epoch before is in {saved}" if saved.exists() else "no epoch ended well, so there is no model"
        raise ValueError(f"{str(error).rstrip('.')}; {kept}.") from None
    return load_model(saved)


def load_base(
    path: str | os.PathLike[str], size: int, say: Callable[[str], Any] = print, whole: Model | None = None
) -> tuple[Model, dict[str, Any]]:
    """Load a base: the largest model inside of a file's, or the file's own model where it answers maps.

    Parameters
    ----------
    path : str or PathLike
    size : int
        Pixels a side of the pictures that it is to take.
    say : function of a line
    whole : Model, optional
        The file's model, where it was loaded.

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
    whole = load_model(path, optimizer=False) if whole is None else whole
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
    base: Model,
    batches: ImageBatches,
    store: str | os.PathLike[str],
    say: Callable[[str], Any] = print,
    augmented: str = "none",
    draw: int = 0,
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
    augmented : "none", "light" or "mirror"
    draw : int, from 1
        Which draw of the augmentation (the one of "mirror" is the mirror image); 0 for the pictures as they are.

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
    key = answer_key(
        base.get_weights(),
        *pixels,
        augment=augmented,
        draw=draw,
        order=batches.channel_order,
        crop=batches.crop,
        invert=batches.invert,
    )
    kept = VectorStore(store, key)
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
        some = order[start : start + len(x)]
        if draw:
            x = augment.changed(x, augmented, draw_seeds([hashes[i] for i in some], draw))
        y = net.predict(x, batch_size=len(x))
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
            what = f" of draw {draw}" if draw else ""
            say(f"the base has seen {start + len(x)} of {len(order)} pictures{what}")
    if not written:
        say(f"the store {store} cannot be written: these vectors are not kept.")
    kept.drop_damaged(replaced=written)
    return np.stack([known[digest] for digest in hashes])


def _resized(base: Model, size: int) -> Model:
    """Build a base anew for pictures of another size; its weights do not depend on it."""
    config = base.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            layer["config"]["batch_shape"] = [None, size, size, base.input_shape[3]]
    other = type(base).from_config(config)
    other.set_weights(base.get_weights())
    return other


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
