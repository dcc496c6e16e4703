"""The doctor on models: what the loss is fed with, what moves, what cannot learn."""

from collections.abc import Iterator

import numpy as np

from .. import console, runtime
from ..types import Net
from .data import Drawn, span
from .finding import Finding


def _last_operations(model):
    """Return the names of a model's last activations, the last first: what the loss is fed with."""
    names = []
    for layer in reversed(model.layers):
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        kind = type(layer).__name__
        if kind in ("Dropout", "Flatten", "Reshape"):
            continue
        name = {"Softmax": "softmax"}.get(kind, activation)
        if name in ("softmax", "sigmoid"):
            names.append(name)
            if kind in ("Softmax", "Activation"):
                continue
            return names
        return names
    return names


def output(model: Net) -> Iterator[Finding]:
    """Find a loss that does not fit what the model ends in.

    Parameters
    ----------
    model : a compiled Keras model

    Yields
    ------
    finding : Finding
    """
    loss = getattr(model, "loss", None)
    logits = getattr(loss, "from_logits", None)
    if logits is None and isinstance(loss, str):
        logits = False
    last = _last_operations(model)
    kind = loss if isinstance(loss, str) else type(loss).__name__
    if len(last) > 1:
        yield Finding(
            "squashed twice", f"The model ends in {last[1]} and then {last[0]} once more: remove one of the two."
        )
    elif logits and last:
        twice = "twice a sigmoid" if last[0] == "sigmoid" else "a second softmax"
        yield Finding(
            "squashed twice",
            f"The loss has from_logits=True, but the model already ends in {last[0]}: that makes "
            f"{twice}; remove the activation or set from_logits=False.",
        )
    elif logits is False and not last and "entropy" in kind.lower():
        yield Finding(
            "logits as probabilities",
            "The loss has from_logits=False, but the model ends without softmax or "
            "sigmoid: it would take logits for probabilities; set from_logits=True.",
        )


def not_finite(model: Net) -> Iterator[Finding]:
    """Find weights that are NaN or infinite.

    Parameters
    ----------
    model : a Keras model

    Yields
    ------
    finding : Finding
    """
    bad = [v.path for v in model.weights if not np.isfinite(np.asarray(v)).all()]
    if bad:
        yield Finding(
            "not finite",
            f"{len(bad)} of the model's {len(model.weights)} arrays hold NaN or infinity, such as {bad[0]}: its "
            "training diverged; take an earlier checkpoint and a smaller learning rate.",
        )


def base_in_training_mode(model: Net, from_scratch: bool) -> Iterator[Finding]:
    """Find a nested base whose moving statistics `fit` would change.

    Parameters
    ----------
    model : a Keras model
    from_scratch : bool
        Whether that is meant.

    Yields
    ------
    finding : Finding
    """
    _, keras = runtime.load()
    if from_scratch:
        return
    for nested in (layer for layer in model.layers if isinstance(layer, keras.Model)):
        moving = [
            layer
            for layer in nested._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        ]
        if moving:
            yield Finding(
                "base in training mode",
                f"{len(moving)} BatchNormalization layers of the base {nested.name!r} "
                "are trainable, so fit moves their statistics, whatever training=False says at the call: set "
                f"{nested.name}.trainable = False (or of those layers, when fine-tuning) and compile again.",
            )


def learning_rate(model: Net, asked: float | None) -> Iterator[Finding]:
    """Find an optimizer that works with another rate than the one that was asked for.

    Parameters
    ----------
    model : a compiled Keras model
    asked : float, or None where nobody says

    Yields
    ------
    finding : Finding
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    used = float(optimizer.learning_rate)
    if asked is None and "lr" in vars(optimizer):  # Keras 3 stores such an attribute and never looks at it
        asked = float(optimizer.lr)
    if asked is not None and not abs(used - asked) <= 1e-6 * abs(asked):  # a rate of NaN too is another one
        yield Finding(
            "another learning rate",
            f"The optimizer works with learning_rate={used:g}, but {asked:g} was asked for: "
            "pass it as learning_rate= (Keras 3 ignores the name lr).",
        )


def input_scale(model: Net, drawn: Drawn) -> Iterator[Finding]:
    """Find pictures that nobody scales, or that are scaled twice.

    Parameters
    ----------
    model : a Keras model
    drawn : Drawn, of what it learns from

    Yields
    ------
    finding : Finding
    """
    _, keras = runtime.load()
    scales = any(
        isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model._flatten_layers()
    )
    if drawn.high > 20 and not scales:
        yield Finding(
            "unscaled training",
            f"The values lie in {span(drawn)} and the model holds no Rescaling: divide by "
            "127.5 and subtract 1 (Xception's preprocess_input).",
        )
    elif scales and drawn.high <= 1.5 and drawn.low >= -1.5:
        yield Finding(
            "scaled twice", f"The values lie in {span(drawn)} and the model holds a Rescaling too: leave one out."
        )


def unreachable(model: Net, drawn: Drawn) -> Iterator[Finding]:
    """Find weights whose gradient is absent or exactly zero on a batch: training would never change them.

    Parameters
    ----------
    model : a compiled Keras model
    drawn : Drawn, whose first batch is taken

    Yields
    ------
    finding : Finding
    """
    tf, _ = runtime.load()
    if not model.trainable_variables:
        yield Finding("nothing learns", "The model has no trainable weights at all: set trainable = True on the head.")
        return
    if getattr(model, "loss", None) is None:
        return
    x, y = (tf.convert_to_tensor(part) for part in drawn.first)
    with console.working("following the gradient of one batch"), tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False))
        gradients = tape.gradient(loss, model.trainable_variables)
    dead = [
        v.path
        for v, g in zip(model.trainable_variables, gradients, strict=True)
        if g is None or not np.asarray(tf.convert_to_tensor(g)).any()
    ]
    if dead:
        yield Finding(
            "unreachable weights",
            f"{len(dead)} of {len(gradients)} trainable weights get no gradient, such as "
            f"{dead[0]}: nothing leads from them to the loss, or a dead ReLU stands between.",
        )
