"""Look for what spoils a training before an epoch is spent on it.

`check(model, train, validation)` takes a Keras model and two data sets as Keras takes them: tf.data.Dataset,
ImageDataGenerator flows and other keras.utils.PyDataset, or (x, y) arrays. `check_folder` looks at a folder of pictures.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ref import files, folder, runtime
from keras_ref.errors import Refusal

LOOKED_AT = 2048  # pictures drawn from each data set, twice


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a short name for it, and a sentence that says what to do."""

    name: str
    sentence: str


@dataclass
class _Drawn:
    """What one pass over a data set gave: a hash a picture, the range of its values, and its first batch."""

    hashes: list
    low: float
    high: float
    first: tuple
    width: int


def check(model=None, train=None, validation=None, learning_rate=None, from_scratch=False):
    """Look at a model and at what it will be trained and validated on; give a list of findings, empty if all is well.

    Parameters
    ----------
    model : a compiled Keras model or None     train, validation : data sets as `fit` takes them, or None
    learning_rate : float, the rate that was asked for, or None
    from_scratch : bool, whether every layer is meant to learn, BatchNormalization included
    """
    found = []
    learned, checked = (_draw(source) if source is not None else None for source in (train, validation))
    if checked is not None:
        found += _augmented(validation, checked)
    if learned is not None and checked is not None:
        found += _same_scale(learned, checked) + _same_classes(train, validation, learned, checked)
        found += _shared_pictures(train, validation, checked)
    if model is not None:
        found += _output(model) + _base(model, from_scratch) + _rate(model, learning_rate)
        sample = learned or checked
        if sample is not None:
            found += _input_scale(model, sample) + _unreachable(model, sample)
    return found


def _batches(source):
    """Give a fresh pass over a data set as an iterator of batches."""
    if hasattr(source, "reset"):
        source.reset()
    if isinstance(source, (tuple, list)):
        return iter([source])
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        return (source[i] for i in range(len(source)))
    return iter(source)


def _draw(source):
    hashes, low, high, first, width = [], np.inf, -np.inf, None, 0
    for batch in _batches(source):
        x, y = (np.asarray(part) for part in batch[:2])
        first = first or (x[:32], y[:32])
        width = y.shape[-1] if y.ndim > 1 else 0
        low, high = min(low, float(x.min())), max(high, float(x.max()))
        hashes += [hash(np.ascontiguousarray(picture).tobytes()) for picture in x]
        if len(hashes) >= LOOKED_AT:
            break
    if first is None:
        raise Refusal("A data set handed to the doctor gives no batch at all.")
    return _Drawn(hashes, low, high, first, width)


def _augmented(validation, once):
    if isinstance(validation, (tuple, list)):
        return []
    again = _draw(validation)
    changed = sum(picture not in set(once.hashes) for picture in again.hashes)
    # A shuffled set larger than what is looked at gives other pictures, but then some come again unchanged.
    if changed == 0 or (len(once.hashes) >= LOOKED_AT and changed < len(once.hashes)):
        return []
    return [
        Finding(
            "augmented validation",
            f"{changed} of {len(once.hashes)} validation pictures changed when they were drawn "
            "a second time: the validation data is augmented; build it without augmentation.",
        )
    ]


def _same_scale(learned, checked):
    a, b = max(abs(learned.low), abs(learned.high)), max(abs(checked.low), abs(checked.high))
    if min(a, b) > 0 and not 0.1 < a / b < 10:
        return [
            Finding(
                "unscaled validation",
                f"The training values lie in {_span(learned)}, the validation values in "
                f"{_span(checked)}: one of the two is not preprocessed; use the same preprocessing for both.",
            )
        ]
    if (learned.low < 0) != (checked.low < 0) and abs(learned.low - checked.low) > 0.5:
        return [
            Finding(
                "unscaled validation",
                f"The training values lie in {_span(learned)}, the validation values in "
                f"{_span(checked)}: they are scaled in two ways; use the same preprocessing for both.",
            )
        ]
    return []


def _span(drawn):
    return f"{drawn.low:.3g}..{drawn.high:.3g}"


def _class_names(source):
    names = getattr(source, "class_names", None) or getattr(source, "class_indices", None)
    return list(names) if names else None


def _same_classes(train, validation, learned, checked):
    a, b = _class_names(train), _class_names(validation)
    if a and b and a != b:
        odd = sorted(set(a) ^ set(b))
        what = f"{odd[0]!r} is in one of them only" if odd else "their order differs"
        return [Finding("different classes", f"The classes of the training and the validation data differ: {what}.")]
    if learned.width != checked.width:
        return [
            Finding(
                "different classes",
                f"The training labels have {learned.width} columns, the validation labels "
                f"{checked.width}: the two splits do not have the same classes.",
            )
        ]
    return []


def _file_names(source):
    names = getattr(source, "filepaths", None) or getattr(source, "file_paths", None)
    return [Path(name) for name in names] if names else None


def _shared_pictures(train, validation, checked):
    a, b = _file_names(train), _file_names(validation)
    if a and b:
        return _in_two_splits({"training": a, "validation": b})
    pictures, shared = set(checked.hashes), 0
    seen = 0
    for batch in _batches(train):
        for picture in np.asarray(batch[0]):
            seen += 1
            shared += hash(np.ascontiguousarray(picture).tobytes()) in pictures
        if seen >= LOOKED_AT:
            break
    if shared:
        return [
            Finding(
                "in two splits",
                f"{shared} pictures of the training data are in the validation data too: "
                "take them out of one of the two.",
            )
        ]
    return []


def _in_two_splits(splits):
    where, found = {}, []
    for name, paths in splits.items():
        for path in paths:
            first = where.setdefault(files.content_hash(path), (name, path))
            if first[0] != name:
                found.append((*first, name, path))
    if not found:
        return []
    one, path, other, twin = found[0]
    return [
        Finding(
            "in two splits",
            f"{len(found)} pictures are in two splits, such as {path} ({one}) and {twin} ({other}): "
            "remove one of each pair, or the validation accuracy is too high.",
        )
    ]


def _last_operations(model):
    """Give the names of the last activations of a model, the last first: what the loss is fed with."""
    names = []
    for layer in reversed(model.layers):
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        kind = type(layer).__name__
        if kind in ("Dropout", "Flatten", "Reshape"):
            continue
        name = {"Softmax": "softmax"}.get(kind, activation)
        if name in ("softmax", "sigmoid"):
            names.append(name)
            if kind in ("Softmax", "Activation"):
                continue
            return names
        return names
    return names


def _output(model):
    loss = getattr(model, "loss", None)
    logits = getattr(loss, "from_logits", None)
    if logits is None and isinstance(loss, str):
        logits = False
    last = _last_operations(model)
    if len(last) > 1:
        return [
            Finding(
                "squashed twice", f"The model ends in {last[1]} and then {last[0]} once more: remove one of the two."
            )
        ]
    if logits and last:
        twice = "twice a sigmoid" if last[0] == "sigmoid" else "a second softmax"
        return [
            Finding(
                "squashed twice",
                f"The loss has from_logits=True, but the model already ends in {last[0]}: that makes "
                f"{twice}; remove the activation or set from_logits=False.",
            )
        ]
    if logits is False and not last and "entropy" in (loss if isinstance(loss, str) else type(loss).__name__).lower():
        return [
            Finding(
                "logits as probabilities",
                "The loss has from_logits=False, but the model ends without softmax or "
                "sigmoid: it would take logits for probabilities; set from_logits=True.",
            )
        ]
    return []


def _base(model, from_scratch):
    _, keras = runtime.load()
    found = []
    for nested in (layer for layer in model.layers if isinstance(layer, keras.Model)):
        moving = [
            layer
            for layer in nested._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        ]
        if moving and not from_scratch:
            found.append(
                Finding(
                    "base in training mode",
                    f"{len(moving)} BatchNormalization layers of the base {nested.name!r} "
                    "are trainable, so fit moves their statistics, whatever training=False says at the call: set "
                    f"{nested.name}.trainable = False (or of those layers, when fine-tuning) and compile again.",
                )
            )
    return found


def _rate(model, asked):
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return []
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    used = float(optimizer.learning_rate)
    if asked is None and "lr" in vars(optimizer):  # Keras 3 stores such an attribute and never looks at it
        asked = float(optimizer.lr)
    if asked is not None and abs(used - asked) > 1e-6 * abs(asked):
        return [
            Finding(
                "another learning rate",
                f"The optimizer works with learning_rate={used:g}, but {asked:g} was asked for: "
                "pass it as learning_rate= (Keras 3 ignores the name lr).",
            )
        ]
    return []


def _input_scale(model, drawn):
    _, keras = runtime.load()
    scales = any(
        isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model._flatten_layers()
    )
    if drawn.high > 20 and not scales:
        return [
            Finding(
                "unscaled training",
                f"The values lie in {_span(drawn)} and the model holds no Rescaling: divide by "
                "127.5 and subtract 1 (Xception's preprocess_input).",
            )
        ]
    if scales and drawn.high <= 1.5 and drawn.low >= -1.5:
        return [
            Finding(
                "scaled twice", f"The values lie in {_span(drawn)} and the model holds a Rescaling too: leave one out."
            )
        ]
    return []


def _unreachable(model, drawn):
    """Find weights whose gradient is absent or exactly zero on a batch: training would never change them."""
    tf, _ = runtime.load()
    if not model.trainable_variables:
        return [
            Finding("nothing learns", "The model has no trainable weights at all: set trainable = True on the head.")
        ]
    if getattr(model, "loss", None) is None:
        return []
    x, y = (tf.convert_to_tensor(part) for part in drawn.first)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False))
    gradients = tape.gradient(loss, model.trainable_variables)
    dead = [
        v.path
        for v, g in zip(model.trainable_variables, gradients, strict=True)
        if g is None or not np.asarray(tf.convert_to_tensor(g)).any()
    ]
    if dead:
        return [
            Finding(
                "unreachable weights",
                f"{len(dead)} of {len(gradients)} trainable weights get no gradient, such as "
                f"{dead[0]}: nothing leads from them to the loss, or a dead ReLU stands between.",
            )
        ]
    return []


def check_folder(root, seed=1):
    """Look at a folder of pictures: classes that differ, pictures in two splits, corrupt pictures, classes of one."""
    root = Path(root)
    try:
        found = folder.read(root, seed)
    except Refusal as refusal:
        if (root / "train").is_dir() and (root / "validation").is_dir():
            return [Finding("different classes" if "differ" in str(refusal) else "unusable folder", str(refusal))]
        raise
    findings = []
    bad = folder.corrupt([path for split in found.splits.values() for path in split.paths])
    if bad:
        path, wrong = next(iter(bad.items()))
        findings.append(Finding("corrupt pictures", f"{len(bad)} pictures cannot be read, such as {path}: {wrong}"))
    findings += _in_two_splits({name: split.paths for name, split in found.splits.items()})
    return findings


def check_run(run_folder, data_folder=None):
    """Look at a run folder and its newest model, or at a model file, with the pictures of a data folder."""
    from keras_ref import card as cards
    from keras_ref import config as configs
    from keras_ref import data

    path, asked, scratch = Path(run_folder), None, False
    if path.is_dir():
        config = configs.read(path / "config.json")
        asked, scratch = config.lr, config.weights == "none" and not config.frozen
        data_folder = data_folder or config.data
        saved = sorted(path.glob("*.keras"), key=lambda p: p.stat().st_mtime)
        if not saved:
            raise Refusal(f"{path} holds no .keras file yet.")
        path = saved[-1]
    net, card, _ = cards.load(path, compiled=True)
    found = folder.read(data_folder)
    sources = []
    for name in ("train", "validation"):
        split = found.splits[name]
        if len(found.class_names) != len(card.class_names):
            return [
                Finding(
                    "different classes",
                    f"{path} knows {len(card.class_names)} classes, {data_folder} has {len(found.class_names)}.",
                )
            ]
        some = np.linspace(0, len(split) - 1, min(len(split), 64)).astype(int)
        loaded = data.Pictures([split.paths[i] for i in some], card.recipe, split.labels[some], len(card.class_names))
        sources.append(loaded.batches(32))
    return check(net, *sources, learning_rate=asked, from_scratch=scratch)
