"""The doctor on data: augmentation, scale, classes, and pictures in two splits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from minicnn.data import fingerprints

from .finding import Finding

Source: TypeAlias = Any  # a data set as Keras's fit takes it
LOOKED_AT: int = 2048  # pictures drawn from each data set, twice
SOME: int = 64  # of them that a model is asked about


@dataclass
class Drawn:
    """What one pass over a data set gave.

    Parameters
    ----------
    hashes : an int for each picture
    low : float, the least finite value
    high : float, the largest
    first : (x, y), the first batch, at most 32 pictures
    width : int, columns of the labels, 0 for a plain list of numbers
    endless : int, how many pictures hold NaN or infinity
    some : (x, y), the first SOME pictures
    """

    hashes: list[int]
    low: float
    high: float
    first: tuple[Any, Any]
    width: int
    endless: int
    some: tuple[Any, Any]


def _batches(source):
    """Return an iterator over the batches of a fresh pass."""
    if hasattr(source, "reset"):
        source.reset()
    if isinstance(source, (tuple, list)):
        return iter([source])
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        return (source[i] for i in range(len(source)))
    return iter(source)


def draw(source: Source) -> Drawn:
    """Pass over a data set once, or over its first LOOKED_AT pictures.

    Parameters
    ----------
    source : a data set as `fit` takes it

    Returns
    -------
    drawn : Drawn

    Raises
    ------
    ValueError
        It has no batch at all.
    """
    hashes, low, high, first, width, endless = [], np.inf, -np.inf, None, 0, 0
    kept = []
    for batch in _batches(source):
        x, y = (np.asarray(part) for part in batch[:2])
        first = first or (x[:32], y[:32])
        if (room := SOME - sum(len(part) for part, _ in kept)) > 0:
            kept.append((x[:room], y[:room]))
        width = y.shape[-1] if y.ndim > 1 else 0
        finite = np.isfinite(x)
        endless += int((~finite).reshape(len(x), -1).any(axis=1).sum())
        if finite.any():
            low, high = min(low, float(x[finite].min())), max(high, float(x[finite].max()))
        hashes += [_hash(picture) for picture in x]
        if len(hashes) >= LOOKED_AT:
            break
    if first is None:
        raise ValueError("A data set handed to the doctor has no batch at all.")
    some = np.concatenate([x for x, _ in kept]), np.concatenate([y for _, y in kept])
    return Drawn(hashes, low, high, first, width, endless, some)


def not_finite(drawn: Drawn, what: str) -> Iterator[Finding]:
    """Find pictures that hold NaN or infinity.

    Parameters
    ----------
    drawn : Drawn
    what : "training" or "validation"

    Yields
    ------
    finding : Finding
    """
    if drawn.endless:
        yield Finding(
            "not finite",
            f"{drawn.endless} of the {len(drawn.hashes)} {what} pictures hold NaN or infinity: one of them makes every "
            "weight NaN; look at how they are scaled.",
        )


def augmented(validation: Source, once: Drawn) -> Iterator[Finding]:
    """Find out whether a data set changes from pass to pass.

    Parameters
    ----------
    validation : a data set as `fit` takes it
    once : Drawn, its first pass

    Yields
    ------
    finding : Finding
    """
    if isinstance(validation, (tuple, list)):
        return
    again = draw(validation)
    changed = sum(picture not in set(once.hashes) for picture in again.hashes)
    # A shuffled set larger than what is looked at gives other pictures, but then some come again unchanged.
    if changed == 0 or (len(once.hashes) >= LOOKED_AT and changed < len(once.hashes)):
        return
    yield Finding(
        "augmented validation",
        f"{changed} of {len(once.hashes)} validation pictures changed when they were drawn "
        "a second time: the validation data is augmented; build it without augmentation.",
    )


def same_scale(learned: Drawn, checked: Drawn) -> Iterator[Finding]:
    """Find two data sets that are not preprocessed alike.

    Parameters
    ----------
    learned : Drawn, of the training data
    checked : Drawn, of the validation data

    Yields
    ------
    finding : Finding
    """
    a, b = max(abs(learned.low), abs(learned.high)), max(abs(checked.low), abs(checked.high))
    if min(a, b) > 0 and not 0.1 < a / b < 10:
        fault = "one of the two is not preprocessed"
    elif (learned.low < 0) != (checked.low < 0) and abs(learned.low - checked.low) > 0.5:
        fault = "they are scaled in two ways"
    else:
        return
    yield Finding(
        "unscaled validation",
        f"The training values lie in {span(learned)}, the validation values in {span(checked)}: {fault}; "
        "use the same preprocessing for both.",
    )


def span(drawn: Drawn) -> str:
    """Return the range of a data set's values as a text.

    Parameters
    ----------
    drawn : Drawn

    Returns
    -------
    text : such as "-1..1"
    """
    return f"{drawn.low:.3g}..{drawn.high:.3g}"


def _class_names(source):
    names = getattr(source, "class_names", None) or getattr(source, "class_indices", None)
    return list(names) if names else None


def same_classes(train: Source, validation: Source, learned: Drawn, checked: Drawn) -> Iterator[Finding]:
    """Find two data sets with other classes, or with the same in another order.

    Parameters
    ----------
    train : a data set as `fit` takes it
    validation : likewise
    learned : Drawn, of `train`
    checked : Drawn, of `validation`

    Yields
    ------
    finding : Finding
    """
    a, b = _class_names(train), _class_names(validation)
    if a and b and a != b:
        odd = sorted(set(a) ^ set(b))
        what = f"{odd[0]!r} is in one of them only" if odd else "their order differs"
        yield Finding("different classes", f"The classes of the training and the validation data differ: {what}.")
    elif learned.width != checked.width:
        yield Finding(
            "different classes",
            f"The training labels have {learned.width} columns, the validation labels "
            f"{checked.width}: the two splits do not have the same classes.",
        )


def _file_names(source):
    names = getattr(source, "filepaths", None) or getattr(source, "file_paths", None)
    return [Path(name) for name in names] if names else None


def shared_pictures(train: Source, validation: Source, checked: Drawn) -> Iterator[Finding]:
    """Find pictures that are in both data sets, by file where they tell, else by their values.

    Parameters
    ----------
    train : a data set as `fit` takes it
    validation : likewise
    checked : Drawn, of `validation`

    Yields
    ------
    finding : Finding
    """
    a, b = _file_names(train), _file_names(validation)
    if a and b:
        yield from in_two_splits({"training": a, "validation": b})
        return
    pictures, shared, seen = set(checked.hashes), 0, 0
    for batch in _batches(train):
        for picture in np.asarray(batch[0]):
            seen += 1
            shared += _hash(picture) in pictures
        if seen >= LOOKED_AT:
            break
    if shared:
        yield Finding(
            "in two splits",
            f"{shared} pictures of the training data are in the validation data too: take them out of one of the two.",
        )


def _hash(picture):
    return hash(np.ascontiguousarray(picture).tobytes())


def in_two_splits(splits: Mapping[str, Sequence[Path]]) -> Iterator[Finding]:
    """Find pictures of the same content in two splits.

    Parameters
    ----------
    splits : {name: files}

    Yields
    ------
    finding : Finding, one on all of them
    """
    where, found = {}, []
    every = [(name, path) for name, paths in splits.items() for path in paths]
    for (name, path), content in zip(every, fingerprints([path for _, path in every]), strict=True):
        first = where.setdefault(content, (name, path))
        if first[0] != name:
            found.append((*first, name, path))
    if found:
        one, path, other, twin = found[0]
        yield Finding(
            "in two splits",
            f"{len(found)} pictures are in two splits, such as {path} ({one}) and {twin} ({other}): "
            "remove one of each pair, or the validation accuracy is too high.",
        )
