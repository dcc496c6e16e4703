"""What a run needs to go on exactly where its last finished epoch ended: one file, replaced in one step.

The weights that can change, the optimizer's variables, and the history with the best value. Order, augmentation and
dropout are functions of (seed, epoch), so no generator needs to be kept.
"""

import json
import zipfile
from typing import Any

import numpy as np

from .. import runtime
from ..runtime import files
from ..types import AnyPath, Net


def changing(net: Net, base: Net) -> list[Any]:
    """Return the variables that training can change: all of the net's, without a base that is frozen as a whole.

    Parameters
    ----------
    net : keras.Model
    base : keras.Model

    Returns
    -------
    variables : list of keras.Variable
    """
    still = {id(v) for v in base.weights} if not base.trainable_weights else set()
    return [v for v in net.weights if id(v) not in still]


def save(path: AnyPath, net: Net, base: Net, progress: dict[str, Any]) -> None:
    """Write weights, optimizer state and progress to one file.

    Parameters
    ----------
    path : str or path
    net : keras.Model, compiled
    base : keras.Model
    progress : what JSON can write
    """
    arrays = {f"w{i}": v.numpy() for i, v in enumerate(changing(net, base))}
    arrays |= {f"o{i}": v.numpy() for i, v in enumerate(net.optimizer.variables)}
    arrays["progress"] = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    with files.writing(path) as file:
        np.savez(file, **arrays)


def restore(path: AnyPath, net: Net, base: Net) -> dict[str, Any]:
    """Put weights and optimizer state back.

    Parameters
    ----------
    path : str or path
    net : keras.Model, compiled
    base : keras.Model

    Returns
    -------
    progress : dict, as it was saved with them

    Raises
    ------
    ValueError
        The file is damaged, or belongs to another net.
    """
    try:
        with open(path, "rb") as stream, np.load(stream) as arrays:
            stored = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        raise ValueError(f"{path} cannot be read as the state of a run; it is damaged, or not from here.") from None
    net.optimizer.build(net.trainable_variables)
    for letter, variables in (("w", changing(net, base)), ("o", net.optimizer.variables)):
        if sum(name.startswith(letter) for name in stored) != len(variables):
            raise ValueError(f"{path} belongs to a net of another shape than config.json describes.")
        for i, variable in enumerate(variables):
            variable.assign(stored[f"{letter}{i}"])
    return json.loads(stored["progress"].tobytes())


def set_dropout(net: Net, seed: int, epoch: int, rank: int = 0) -> None:
    """Start every Dropout of the net, nested ones included, at a state that depends on (seed, epoch, rank) alone.

    Parameters
    ----------
    net : keras.Model
    seed : int, 0 or more
    epoch : int, from 1
    rank : int, of a worker among several
    """
    _, keras = runtime.load()
    start = np.random.default_rng([seed, epoch, 11, rank] if rank else [seed, epoch, 11]).integers(2**31, size=2)
    for layer in net._flatten_layers():
        if isinstance(layer, keras.layers.Dropout) and layer.rate:
            layer.seed_generator.state.assign(start.astype(layer.seed_generator.state.dtype))
