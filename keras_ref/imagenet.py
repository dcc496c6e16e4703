"""8.3: what Xception with its own top, trained on ImageNet, sees in a picture."""

import json
import os
from pathlib import Path

import numpy as np

from keras_ref import card, console, data, model, predict, runtime
from keras_ref.errors import Refusal

SIZE = 299
TOP = 5


def classify(names, weights="imagenet", class_index=None):
    """Give the five most probable ImageNet classes of each picture: [(picture, [(class, probability), ...]), ...]."""
    _, keras = runtime.load()
    net = keras.applications.Xception(weights=None)
    path = model.imagenet_file(*model.TOP) if weights == "imagenet" else Path(weights)
    if weights != "none":
        if not path.is_file():
            raise Refusal(f"The weights file {path} is not there; give a file in Keras's layout ({model.TOP[0]}).")
        try:
            net.load_weights(path)
        except Exception as error:  # h5py and Keras raise many kinds; what matters is that the file does not fit
            raise Refusal(
                f"{path} does not hold the weights of Xception with its top: {str(error).splitlines()[0]}"
            ) from None
    words = _words(class_index or os.environ.get("KERAS_REF_CLASS_INDEX"))
    described = card.Card(tuple(words), data.square(SIZE), "probabilities")
    answers = predict.logits(net, described, predict.sources(names))
    shown = []
    for name, row in zip(predict.sources(names), answers, strict=True):
        best = np.argsort(-row, kind="stable")[:TOP]
        shown.append((name, [(words[i], float(row[i])) for i in best]))
    return shown


def _words(path):
    """Read the 1000 names as Keras's decode_predictions does, from its own file or one that is given."""
    path = Path(path) if path else model.imagenet_file(*model.CLASS_INDEX, folder="classes")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        return [index[str(i)][1] for i in range(1000)]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Refusal(f"{path} is not Keras's imagenet_class_index.json: {error!r}.") from None


def show(results):
    """Print the results as tables."""
    for name, best in results:
        console.table(name, ("class", "probability"), [(word, f"{p:.3f}") for word, p in best])
