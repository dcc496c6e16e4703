"""What nets trained on ImageNet want and say: their pixels, and the names of their thousand classes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..data import to_floats
from ..files import preprocess
from ..types import AnyArray, AnyPath, ArrayLike


def preprocess_input(x: ArrayLike, data_format: str | None = None, mode: str = "caffe") -> AnyArray:
    """Prepare pixels as a net of Keras's applications wants them.

    Parameters
    ----------
    x : (..., 3)
        RGB, 0..255; it is left as it is. For "tf" any channels will do.
    data_format : "channels_last", optional
    mode : "caffe", "tf" or "torch"
        VGG and ResNet50 want "caffe", Xception, Inception and MobileNet "tf", DenseNet "torch".

    Returns
    -------
    x : (..., 3) float32

    Raises
    ------
    ValueError
        An argument is none of these.

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
    pixels = np.asarray(x)
    if mode != "tf" and pixels.shape[-1:] != (3,):
        raise ValueError(f"`x` must be RGB, (..., 3), for mode={mode!r}. Received: x.shape={pixels.shape}.")
    return to_floats(pixels, **preprocess(mode))


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
        names: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError(f"`path` must be Keras's imagenet_class_index.json. Received: {file}.") from None
    best = np.argsort(scores, 1)[:, ::-1][:, :top]
    return [
        [(*names[str(at)], row[at]) for at in places]  # pyright: ignore[reportReturnType]  two names and a score
        for places, row in zip(best, scores, strict=True)
    ]
