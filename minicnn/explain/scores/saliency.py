"""Saliency: how much the score of a class moves with each pixel."""

import numpy as np

from ...models import Model
from ...types import Array, ArrayLike
from .score import Class, score_gradient


def saliency(model: Model, x: ArrayLike, label: Class | None = None, against: Class | None = None) -> Array:
    """Compute by how much each pixel moves the score of a class: the largest slope of its channels.

    m[i, j] = max over c of | d score / d x[i, j, c] |

    Parameters
    ----------
    model : Model
        Of one input and one row of outputs; models in it, as Xception, are walked into.
    x : (H, W, C) or (1, H, W, C)
        One picture, as the model takes it.
    label : int or str, optional
        The class, by number or by name; by default the one that the model names.
    against : int or str, optional
        Another class: the score is then the difference of both logits.

    Returns
    -------
    m : (H, W), 0 or more
        Change of the score for a change of 1 in x. `score_gradient` has the signs, channel by channel.

    Raises
    ------
    ValueError
        More than one picture, or a class that the model does not have.

    Notes
    -----
    A slope: what a small change does, here, and not what the pixel has done. Source: Simonyan, Vedaldi & Zisserman
    2013, "Deep inside convolutional networks", arXiv:1312.6034, section 3.

    Examples
    --------
    >>> from minicnn.data import wardrobe
    >>> from minicnn.models import tinyvgg
    >>> model = tinyvgg((64, 64), 10, seed=0)
    >>> m = saliency(model, wardrobe.draw("shirt", 0), label=3)
    >>> m.shape, bool((m >= 0).all())
    ((64, 64), True)
    """
    return np.abs(score_gradient(model, x, label, against)).max(-1)
