"""Grad-CAM: the last maps, each weighed by how much the score of a class rises with it."""

import numpy as np

from ...models import Model
from ...types import Array, ArrayLike
from ..terms import find, inside, unfold
from .score import Class, led_back, one


def grad_cam(
    model: Model,
    x: ArrayLike,
    label: Class | None = None,
    layer: str | None = None,
    against: Class | None = None,
    resize: bool = True,
) -> Array:
    """Compute where on the picture the last maps speak for a class.

    a[k] = mean over i, j of d score / d A[i, j, k];    m[i, j] = max(sum over k of a[k] A[i, j, k], 0)

    Parameters
    ----------
    model : Model
        Of one input and one row of outputs; models in it, as Xception, are walked into.
    x : (H, W, C) or (1, H, W, C)
        One picture, as the model takes it.
    label : int or str, optional
        The class, by number or by name; by default the one that the model names.
    layer : str, optional
        Whose maps A: "conv2d_3", "xception/block14_sepconv2_act"; by default the last ones of more than one pixel.
    against : int or str, optional
        Another class: the score is then the difference of both logits.
    resize : bool
        Whether the map is stretched over the picture, bilinearly; else it has the layer's own height and width.

    Returns
    -------
    m : (H, W), or the layer's (h, w); 0 or more
        In units of the score.

    Raises
    ------
    ValueError
        More than one picture, a class or a layer that the model does not have, or a layer without maps.

    Notes
    -----
    Source: Selvaraju et al. 2017, "Grad-CAM", arXiv:1610.02391, equations 1 and 2.

    Examples
    --------
    >>> from minicnn.data import wardrobe
    >>> from minicnn.models import tinyvgg
    >>> model, picture = tinyvgg((64, 64), 10, seed=0), wardrobe.draw("shirt", 0)
    >>> grad_cam(model, picture).shape, grad_cam(model, picture, layer="conv2d_3", resize=False).shape
    ((64, 64), (26, 26))
    """
    batch = one(model, x)
    key = last_maps(model) if layer is None else _maps_of(model, layer)
    values: dict[str, Array] = {}
    gradients: dict[str, Array] = {}
    led_back(model, batch, label, against, values, gradients)
    maps = values[key][0]
    weights = gradients[key][0].mean((0, 1)) if key in gradients else np.zeros(maps.shape[-1], maps.dtype)
    found = np.maximum(maps @ weights, 0)
    return stretched(found, batch.shape[1], batch.shape[2]) if resize else found


def last_maps(model: Model) -> str:
    """Return the key of the last place that holds maps of more than one pixel.

    Parameters
    ----------
    model : Model

    Returns
    -------
    key : str

    Raises
    ------
    ValueError
        There is none.

    Examples
    --------
    >>> from minicnn.models import tinyvgg
    >>> last_maps(tinyvgg((64, 64), 10))
    'max_pooling2d_1'
    """
    for key, place in reversed(unfold(model).items()):
        if len(place.shape) == 4 and place.sources and place.shape[1:3] != (1, 1):
            return key
    raise ValueError("Grad-CAM needs a layer of maps, as a convolution's. Received: a model without one.")


def _maps_of(model: Model, layer: str):
    place, part = find(unfold(model), layer)
    if part is not None or len(place.shape) != 4:
        raise ValueError(
            f"`layer` must be one whose output are maps, (height, width, channels). "
            f"Received: {inside.named(place.key, part)!r} of shape {place.shape}."
        )
    return place.key


def stretched(values: Array, height: int, width: int) -> Array:
    """Stretch a map to another size, bilinearly between the centres of its cells; beyond the outermost it stays flat.

    Parameters
    ----------
    values : (h, w)
    height, width : int

    Returns
    -------
    stretched : (height, width), dtype of `values`

    Examples
    --------
    >>> stretched(np.array([[0.0, 4.0]]), 1, 4).tolist()
    [[0.0, 1.0, 3.0, 4.0]]
    """
    for axis, size in ((0, height), (1, width)):
        own = values.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * own / size - 0.5, 0, own - 1)
        low = np.minimum(at.astype(int), max(own - 2, 0))
        part = (at - low).astype(values.dtype).reshape((-1, 1) if axis == 0 else (1, -1))
        high = np.minimum(low + 1, own - 1)
        values = values.take(low, axis) * (1 - part) + values.take(high, axis) * part
    return values
