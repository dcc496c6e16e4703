"""The doctor on what a model does: always one class, labels in another order, a batch that it can't learn by heart."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import runtime
from ..runtime import console
from ..types import Net
from .data import Drawn
from .finding import Finding

STEPS: int = 20  # on one batch
RATES: tuple[float, ...] = (0.001, 0.01, 0.1)  # Adam's, tried in turn: it is asked whether the net can, not how fast
ENOUGH: float = 0.5  # of the loss before the steps
FEW: int = 8  # pictures learned by heart
FEWEST: int = 20  # pictures that an order of labels is told from
KNOWN: float = 0.7  # right answers of a model that has learned something, once its labels stand in the right order


def has_learned(model: Net) -> bool:
    """Whether a model was trained, as its optimizer tells.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    trained : bool
    """
    optimizer = getattr(model, "optimizer", None)
    return optimizer is not None and int(optimizer.iterations) > 0


def classes(y: Any) -> NDArray[np.integer[Any]]:
    """Return labels of any form as class numbers.

    Parameters
    ----------
    y : (N,), (N, 1) or (N, K)

    Returns
    -------
    numbers : (N,) int
    """
    y = np.asarray(y)
    return y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else np.round(y.reshape(len(y))).astype(int)


def answers(model: Net, drawn: Drawn) -> NDArray[np.integer[Any]]:
    """Return the classes that a model names.

    Parameters
    ----------
    model : keras.Model
    drawn : Drawn

    Returns
    -------
    numbers : (N,) int
    """
    tf, _ = runtime.load()
    said = np.asarray(model(tf.convert_to_tensor(drawn.some[0]), training=False))
    if said.shape[1] > 1:
        return said.argmax(axis=1)
    logits = getattr(getattr(model, "loss", None), "from_logits", False)
    return (said[:, 0] > (0 if logits else 0.5)).astype(int)


def one_class(model: Net, drawn: Drawn) -> Iterator[Finding]:
    """Find a trained model that names one class, whatever it is shown.

    Parameters
    ----------
    model : a compiled, trained Keras model
    drawn : Drawn

    Yields
    ------
    finding : Finding
    """
    said, own = answers(model, drawn), classes(drawn.some[1])
    share = np.bincount(own).max() / len(own)
    if len(np.unique(said)) == 1 and share < 0.9:
        yield Finding(
            "always one class",
            f"The model names class {said[0]} for all of {len(said)} pictures, of {len(np.unique(own))} classes: it "
            "has learned the class counts and no more; look at its rate, its pictures' scale and what is frozen.",
        )


def order_of_labels(model: Net, drawn: Drawn, what: str) -> Iterator[Finding]:
    """Find labels that stand for other classes than the model's: shifted, reversed or in some other order.

    Parameters
    ----------
    model : a compiled, trained Keras model
    drawn : Drawn
    what : "training" or "validation"

    Yields
    ------
    finding : Finding
    """
    said, own = answers(model, drawn), classes(drawn.some[1])
    n = max(model.output_shape[-1], 2)
    if len(own) < FEWEST or len(np.unique(own)) < 2 or own.min() < 0 or own.max() >= n:
        return
    taken = np.zeros((n, n), int)
    np.add.at(taken, (own, said), 1)
    order, right = _match(taken), (said == own).mean()
    matched = taken[np.arange(n), order].sum() / len(own)
    if matched < KNOWN or right > matched / 2:
        return
    there = np.unique(own)
    shifts = {int((order[k] - k) % n) for k in there}
    if all(order[k] == n - 1 - k for k in there):
        words = "in reverse order"
    elif len(shifts) == 1:
        words = f"shifted by {n - shifts.pop()}"
    else:
        words = "in another order"
    yield Finding(
        "labels in another order",
        f"The model is right on {right:.0%} of {len(own)} {what} pictures, and would be on {matched:.0%} with its "
        f"classes taken in another order: the labels are {words}.",
    )


def _match(taken):
    """Return for each label the class that it is mostly taken for, each class once: the largest counts first."""
    left, order = taken.astype(float), np.zeros(len(taken), int)
    for _ in range(len(taken)):
        i, j = np.unravel_index(int(left.argmax()), left.shape)
        order[i] = j
        left[i], left[:, j] = -1, -1
    return order


def shuffled_labels(model: Net, learned: Drawn, checked: Drawn) -> Iterator[Finding]:
    """Find a trained model that knows its training pictures, and of the others no more than a guess.

    Parameters
    ----------
    model : a compiled, trained Keras model
    learned : Drawn, of the training data
    checked : Drawn, of the validation data

    Yields
    ------
    finding : Finding
    """
    on_learned = (answers(model, learned) == classes(learned.some[1])).mean()
    own = classes(checked.some[1])
    on_checked = (answers(model, checked) == own).mean()
    present = len(np.unique(own))
    if present < 2 or len(own) < FEWEST:
        return
    guess = 1 / present
    if on_learned > 0.8 and on_checked < guess + 2 * np.sqrt(guess * (1 - guess) / len(own)):
        yield Finding(
            "shuffled labels",
            f"The model is right on {on_learned:.0%} of the training pictures and on {on_checked:.0%} of the "
            f"validation pictures, where a guess is on {guess:.0%}: the labels of one of the two are shuffled, or the "
            "model has learned single pictures by heart.",
        )


def memorises(model: Net, drawn: Drawn) -> Iterator[Finding]:
    """Find a model that can't learn a few pictures by heart; all its weights are as before afterwards.

    Parameters
    ----------
    model : a compiled Keras model
    drawn : Drawn

    Yields
    ------
    finding : Finding
    """
    tf, _ = runtime.load()
    rows = _spread(classes(drawn.some[1]))
    front, back = _parted(model)
    x, y = (tf.convert_to_tensor(np.asarray(part)[rows]) for part in drawn.some)
    x = front(x, training=False) if front is not None else x
    kept = [(variable, np.array(variable)) for variable in model.variables]
    best, losses = np.inf, [np.inf]
    with console.working(f"learning {len(rows)} pictures by heart"):
        try:
            for rate in RATES:
                losses = _learn(model, back, x, y, rate)
                best = min(best, losses[-1])
                if best <= max(ENOUGH * losses[0], 0.05):
                    return
                _restore(kept)
        finally:
            _restore(kept)
    yield Finding(
        "can't overfit",
        f"In {STEPS} steps on {len(rows)} pictures the loss went from {losses[0]:.3g} to {best:.3g} and no lower, with "
        f"rates of {RATES[0]:g} to {RATES[-1]:g}: what can't learn a few pictures by heart learns nothing from many; "
        "look at what is frozen, at the activations and at the pictures' scale.",
    )


def _restore(kept):
    for variable, value in kept:
        variable.assign(value)


def _spread(own):
    """Return the numbers of FEW pictures, of as many classes as there are."""
    seen: dict[int, int] = {}
    turn = []
    for label in own.tolist():
        turn.append(seen.get(label, 0))
        seen[label] = turn[-1] + 1
    return np.sort(np.argsort(turn, kind="stable")[:FEW])


def _learn(model, back, x, y, rate):
    """Take Adam's steps on one batch; return the loss before, between and after."""
    tf, keras = runtime.load()
    optimizer, losses = keras.optimizers.Adam(rate), []
    for step in range(STEPS + 1):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x=x, y=y, y_pred=back(x, training=False))
        losses.append(float(loss))
        if step < STEPS and np.isfinite(losses[-1]):
            optimizer.apply(tape.gradient(loss, back.trainable_variables), back.trainable_variables)
    return [loss if np.isfinite(loss) else np.inf for loss in losses]


def _parted(model):
    """Return what is constant and what learns: (front, back), or (None, model) where they can't be parted."""
    _, keras = runtime.load()
    if not isinstance(model, (keras.Sequential, keras.Model)) or not getattr(model, "inputs", None):
        return None, model
    whole = keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model
    if not hasattr(whole, "_nodes_by_depth") or len(model.inputs) != 1:
        return None, model
    own = {id(node) for nodes in whole._nodes_by_depth.values() for node in nodes}
    at = whole.inputs[0]
    for layer in whole.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        calls = [node for node in layer._inbound_nodes if id(node) in own]
        if len(calls) != 1 or [id(t) for t in calls[0].input_tensors] != [id(at)]:
            return None, model  # no plain chain
        if layer.trainable_weights:
            break
        (at,) = calls[0].output_tensors
    if at is whole.inputs[0]:
        return None, model
    return keras.Model(whole.inputs, at), keras.Model(at, whole.outputs[0])
