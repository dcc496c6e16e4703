"""The doctor on data: augmentation, scale, classes, and pictures in two splits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ref import files
from keras_ref.errors import Refusal

LOOKED_AT = 2048  # pictures drawn from each data set, twice


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a short name for it, and a sentence that says what to do."""

    name: str
    sentence: str


@dataclass
class Drawn:
    """What one pass over a data set gave: a hash a picture, the range of its finite values, and its first batch."""

    hashes: list
    low: float
    high: float
    first: tuple
    width: int
    endless: int  # how many pictures hold NaN or infinity


def _batches(source):
    """Give a fresh pass over a data set as an iterator of batches."""
    if hasattr(source, "reset"):
        source.reset()
    if isinstance(source, (tuple, list)):
        return iter([source])
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        return (source[i] for i in range(len(source)))
    return iter(source)


def draw(source):
    hashes, low, high, first, width, endless = [], np.inf, -np.inf, None, 0, 0
    for batch in _batches(source):
        x, y = (np.asarray(part) for part in batch[:2])
        first = first or (x[:32], y[:32])
        width = y.shape[-1] if y.ndim > 1 else 0
        finite = np.isfinite(x)
        endless += int((~finite).reshape(len(x), -1).any(axis=1).sum())
        if finite.any():
            low, high = min(low, float(x[finite].min())), max(high, float(x[finite].max()))
        hashes += [hash(np.ascontiguousarray(picture).tobytes()) for picture in x]
        if len(hashes) >= LOOKED_AT:
            break
    if first is None:
        raise Refusal("A data set handed to the doctor gives no batch at all.")
    return Drawn(hashes, low, high, first, width, endless)


def not_finite(drawn, what):
    if not drawn.endless:
        return []
    return [
        Finding(
            "not finite",
            f"{drawn.endless} of the {len(drawn.hashes)} {what} pictures hold NaN or infinity: one of them makes every "
            "weight NaN; look at how they are scaled.",
        )
    ]


def augmented(validation, once):
    if isinstance(validation, (tuple, list)):
        return []
    again = draw(validation)
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


def same_scale(learned, checked):
    a, b = max(abs(learned.low), abs(learned.high)), max(abs(checked.low), abs(checked.high))
    if min(a, b) > 0 and not 0.1 < a / b < 10:
        return [
            Finding(
                "unscaled validation",
                f"The training values lie in {span(learned)}, the validation values in "
                f"{span(checked)}: one of the two is not preprocessed; use the same preprocessing for both.",
            )
        ]
    if (learned.low < 0) != (checked.low < 0) and abs(learned.low - checked.low) > 0.5:
        return [
            Finding(
                "unscaled validation",
                f"The training values lie in {span(learned)}, the validation values in "
                f"{span(checked)}: they are scaled in two ways; use the same preprocessing for both.",
            )
        ]
    return []


def span(drawn):
    return f"{drawn.low:.3g}..{drawn.high:.3g}"


def _class_names(source):
    names = getattr(source, "class_names", None) or getattr(source, "class_indices", None)
    return list(names) if names else None


def same_classes(train, validation, learned, checked):
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


def shared_pictures(train, validation, checked):
    a, b = _file_names(train), _file_names(validation)
    if a and b:
        return in_two_splits({"training": a, "validation": b})
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


def in_two_splits(splits):
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
