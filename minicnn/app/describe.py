"""Write down what a model must be told beside its layers: its classifier.json, into the file or beside it."""

import os
from typing import Any, NamedTuple

from ..files import ResolvedCard, read_card, write_card
from ..models import load_model
from .card import complete

NEEDED: tuple[tuple[str, str], ...] = (  # what must not be written down as a guess, and how it is told
    ("class_names", "--classes"),
    ("scale", "--scale or --preprocess"),
)


class Description(NamedTuple):
    """What is known about a model now.

    Attributes
    ----------
    resolved : ResolvedCard
        What is known, and who told it.
    replaced : dict
        Field -> value that the file had before, of those that have another now.
    file : str or None
        Which was written; None where the model's said so already.
    """

    resolved: ResolvedCard
    replaced: dict[str, Any]
    file: str | None


def describe(path: str | os.PathLike[str], **better: Any) -> Description:
    """Write a model's classifier.json, completed by what the caller knows better.

    Parameters
    ----------
    path : str or PathLike
        The model's file. It has the classifier.json in it where it is a `.keras` file, else beside it.
    **better
        Fields of classifier.json: `class_names`, `scale`, ...

    Returns
    -------
    description : Description

    Raises
    ------
    ValueError
        What is known does not fit the model, or is not enough.
    """
    model = load_model(path, optimizer=False)
    resolved = complete(model, path, **better)
    unknown = [flag for field, flag in NEEDED if resolved.origin[field] == "a guess"]
    if unknown:
        raise ValueError(f"{path}: neither the file nor what lies beside it tells this; give {' and '.join(unknown)}.")
    before = read_card(path)
    if resolved.value == before:
        return Description(resolved, {}, None)
    file = write_card(path, resolved.value)
    replaced = {field: old for field, old in (before or {}).items() if resolved.value[field] != old}
    return Description(resolved, replaced, file)
