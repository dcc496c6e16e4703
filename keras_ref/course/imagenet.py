"""8.3: what Xception with its own top, trained on ImageNet, sees in a picture."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import pictures, predict, runtime
from ..model import card, weights
from ..types import AnyPath

SIZE: int = 299
TOP: int = 5


def classify(
    names: Sequence[str], source: AnyPath = "imagenet", class_index: AnyPath | None = None
) -> list[tuple[str, list[tuple[str, float]]]]:
    """Name the five most probable ImageNet classes of each picture.

    Parameters
    ----------
    names : paths, folders or addresses of pictures
    source : "imagenet", "none", or the path of a weights file with the top
    class_index : path of Keras's imagenet_class_index.json, or None for Keras's own

    Returns
    -------
    results : [(picture, [(class, probability), ...]), ...]

    Raises
    ------
    ValueError
        A picture, the weights or the names can't be read.
    """
    _, keras = runtime.load()
    net = keras.applications.Xception(weights=None)
    if source != "none":
        weights.load_top(net, source)
    words = _words(class_index or os.environ.get("KERAS_REF_CLASS_INDEX"))
    described = card.Card(tuple(words), pictures.square(SIZE), "probabilities")
    answers = predict.logits(net, described, predict.sources(names))
    shown = []
    for name, row in zip(predict.sources(names), answers, strict=True):
        best = np.argsort(-row, kind="stable")[:TOP]
        shown.append((name, [(words[i], float(row[i])) for i in best]))
    return shown


def _words(path):
    """Read the 1000 names as Keras's decode_predictions does, from its own file or one that is given."""
    path = Path(path) if path else weights.imagenet_file(*weights.CLASS_INDEX, folder="classes")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        return [index[str(i)][1] for i in range(1000)]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ValueError(f"{path} is not Keras's imagenet_class_index.json: {error!r}.") from None
