"""What nets trained on ImageNet want and say: their pixels, and the names of their thousand classes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..data import to_floats
from ..files import preprocess
from ..layers import Rescaling, SymbolicTensor
from ..types import AnyPath, ArrayLike


def preprocess_input(x: ArrayLike | SymbolicTensor, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Prepare pixels as a net of Keras's applications wants them.

    Parameters
    ----------
    x : (..., 3), or SymbolicTensor
        RGB, 0..255; it is left as it is. For "tf" any channels will do. A symbolic tensor is scaled inside the model,
        by a Rescaling.
    data_format : "channels_last", optional
    mode : "caffe", "tf" or "torch"
        VGG and ResNet50 want "caffe", Xception, Inception and MobileNet "tf", DenseNet "torch".

    Returns
    -------
    x : (..., 3) float32, or SymbolicTensor

    Raises
    ------
    ValueError
        An argument is none of these, or a symbolic tensor is to be turned to blue, green, red.

    Notes
    -----
    Source: Keras 3 `applications.imagenet_utils.preprocess_input`; see `minicnn.files.preprocess`.

    Examples
    --------
    >>> preprocess_input([[255.0, 0.0, 127.5]], mode="tf").round(3).tolist()
    [[1.0, -1.0, 0.0]]
    """
    if data_format not in (None, "channels_last"):
        raise ValueError(f"`data_format` must be 'channels_last'. Received: data_format={data_format!r}.")
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"`mode` must be 'caffe', 'tf' or 'torch'. Received: mode={mode!r}.")
    way = preprocess(mode)
    if isinstance(x, SymbolicTensor):
        if way["order"] != "rgb":
            raise ValueError(
                f"mode={mode!r} turns the order of colours round, which no layer does: prepare arrays before the net, "
                f"dataset.map(lambda x, y: (preprocess_input(x), y)) say. Received: x={x!r}."
            )
        return Rescaling(way["scale"], way["offset"])(x)
    pixels = np.asarray(x)
    if mode != "tf" and pixels.shape[-1:] != (3,):
        raise ValueError(f"`x` must be RGB, (..., 3), for mode={mode!r}. Received: x.shape={pixels.shape}.")
    return to_floats(pixels, **way)


def decode_predictions(preds: ArrayLike, top: int = 5, path: AnyPath | None = None) -> list[list[tuple[str, str, Any]]]:
    """Name the likeliest of ImageNet's classes.

    Parameters
    ----------
    preds : (N, 1000)
    top : int
        How many of each row.
    path : str or PathLike, optional
        Keras's imagenet_class_index.json; by default where Keras keeps it, `~/.keras/models` ($KERAS_HOME goes before).

    Returns
    -------
    rows : list of lists of (WordNet's number, name, score)
        The largest first.

    Raises
    ------
    ValueError
        `preds` has another shape, or there is no such file.

    Notes
    -----
    Source: Keras 3 `applications.imagenet_utils.decode_predictions`, which fetches the file where it is missing.

    Examples
    --------
    >>> decode_predictions([[0.25, 0.75]])
    Traceback (most recent call last):
    ...
    ValueError: `preds` must have shape (N, 1000). Received: preds.shape=(1, 2).
    """
    scores = np.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ValueError(f"`preds` must have shape (N, 1000). Received: preds.shape={scores.shape}.")
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    file = home / "models" / "imagenet_class_index.json" if path is None else Path(path)
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        names = [(str(number), str(name)) for number, name in (written[str(at)] for at in range(1000))]
    except (OSError, ValueError, LookupError, TypeError):
        raise ValueError(f"`path` must be Keras's imagenet_class_index.json. Received: {file}.") from None
    best = np.argsort(scores, 1)[:, ::-1][:, :top]
    return [[(*names[at], row[at]) for at in places] for places, row in zip(best, scores, strict=True)]
