"""What a run needs to go on exactly where its last finished epoch ended: one file, replaced in one step.

The weights that can change, the optimizer's variables, and the history with the best value. Order, augmentation and
dropout are functions of (seed, epoch), so no generator needs to be kept.
"""

import json
import zipfile

import numpy as np

from keras_ref import runtime
from keras_ref.errors import Refusal
from keras_ref.files import beside


def changing(net, base):
    """Give the variables that training can change: all of the net's, without a base that is frozen as a whole."""
    still = {id(v) for v in base.weights} if not base.trainable_weights else set()
    return [v for v in net.weights if id(v) not in still]


def save(path, net, base, progress):
    """Write weights, optimizer state and `progress` (a JSON object) to one file."""
    arrays = {f"w{i}": v.numpy() for i, v in enumerate(changing(net, base))}
    arrays |= {f"o{i}": v.numpy() for i, v in enumerate(net.optimizer.variables)}
    arrays["progress"] = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    with beside(path) as partial, open(partial, "wb") as stream:
        np.savez(stream, **arrays)


def restore(path, net, base):
    """Put weights and optimizer state back; return the progress that was saved with them."""
    try:
        with open(path, "rb") as stream, np.load(stream) as arrays:
            stored = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        raise Refusal(f"{path} cannot be read as the state of a run; it is damaged, or not from here.") from None
    net.optimizer.build(net.trainable_variables)
    for letter, variables in (("w", changing(net, base)), ("o", net.optimizer.variables)):
        if sum(name.startswith(letter) for name in stored) != len(variables):
            raise Refusal(f"{path} belongs to a net of another shape than config.json describes.")
        for i, variable in enumerate(variables):
            variable.assign(stored[f"{letter}{i}"])
    return json.loads(stored["progress"].tobytes())


def set_dropout(net, seed, epoch):
    """Start every Dropout of the net, nested ones included, at a state that depends on (seed, epoch) alone."""
    _, keras = runtime.load()
    start = np.random.default_rng([seed, epoch, 11]).integers(2**31, size=2)
    for layer in net._flatten_layers():
        if isinstance(layer, keras.layers.Dropout) and layer.rate:
            layer.seed_generator.state.assign(start.astype(layer.seed_generator.state.dtype))
