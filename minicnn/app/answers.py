"""A classifier's answer to one picture, as JSON tells it."""

from typing import Any

from ..files import NONE_OF_THESE
from ..types import Array

HALF: float = 0.5  # from which a label is given, where classifier.json names no threshold


def row(card: dict[str, Any], p: Array) -> dict[str, Any]:
    """Tell one picture's answer.

    Parameters
    ----------
    card : dict
        Of its fields `class_names`, `task` and `threshold`.
    p : (classes,) float
        Their probabilities.

    Returns
    -------
    answer : dict
        "class", the most probable one, or that it is none of these; "labels", the most probable first, where each is
        for itself. And "probabilities" by name.

    Examples
    --------
    >>> import numpy as np
    >>> row({"class_names": ["dress", "hat"]}, np.array([0.25, 0.75]))
    {'class': 'hat', 'probabilities': {'dress': 0.25, 'hat': 0.75}}
    """
    names, least = card["class_names"], card.get("threshold")
    best = sorted(range(len(names)), key=lambda k: -p[k])
    told: dict[str, Any]
    if card.get("task") == "many":
        told = {"labels": [names[k] for k in best if p[k] >= (HALF if least is None else least)]}
    else:
        told = {"class": NONE_OF_THESE if least is not None and p[best[0]] < least else names[best[0]]}
    return told | {"probabilities": dict(zip(names, map(float, p), strict=True))}
