"""The doctor on models: what the loss is fed with, what moves, what cannot learn."""

from collections.abc import Iterator

import numpy as np

from .. import runtime
from ..model import weights
from ..runtime import console
from ..types import Net
from .data import Drawn, span
from .finding import Finding

RATES: dict[str, tuple[float, float]] = {"SGD": (1e-6, 10.0), "others": (1e-7, 0.5)}  # by which something is learned
TUNING: float = 1e-3  # the largest rate for a trained base
NARROW: float = 0.05  # 0..255 scaled twice spans 1/255, or 2/127.5
CENTRED: tuple[str, ...] = ("xception", "mobilenet", "inception", "resnet50v2", "resnet101v2", "resnet152v2", "nasnet")


def last_operations(model: Net) -> list[str]:
    """Return the names of a model's last activations, the last first: what the loss is fed with.

    Parameters
    ----------
    model : a Keras model

    Returns
    -------
    names : of softmax and sigmoid
    """
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
    last = last_operations(model)
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


def rate_in_reason(model: Net, from_scratch: bool) -> Iterator[Finding]:
    """Find a learning rate that moves nothing, or jumps over everything.

    Parameters
    ----------
    model : a compiled Keras model
    from_scratch : bool
        Whether its base is not there to be kept.

    Yields
    ------
    finding : Finding
    """
    _, keras = runtime.load()
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    kind, rate = type(optimizer).__name__, float(optimizer.learning_rate)
    low, high = RATES["SGD" if kind == "SGD" else "others"]
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if not low <= rate <= high:
        what = "nothing moves in a lifetime" if rate < low else "every step jumps over what it looks for"
        yield Finding(
            "learning rate out of reason",
            f"{kind} works with learning_rate={rate:g}: {what}; take one of {low:g} to {high:g}.",
        )
    elif kind != "SGD" and rate > TUNING and not from_scratch and any(base.trainable_weights for base in nested):
        yield Finding(
            "learning rate out of reason",
            f"{kind} works with learning_rate={rate:g} on a trained base: what it knows is lost in an epoch; take "
            "1e-5 to 1e-4, once the head is trained.",
        )


def frozen_after_compile(model: Net) -> Iterator[Finding]:
    """Find a model that was frozen or unfrozen after its optimizer was built.

    Parameters
    ----------
    model : a compiled Keras model

    Yields
    ------
    finding : Finding
    """
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    known = getattr(optimizer, "_trainable_variables", None)
    if optimizer is None or known is None or not optimizer.built:
        return
    ours, theirs = {id(v) for v in model.trainable_variables}, {id(v) for v in known}
    if ours != theirs:
        yield Finding(
            "frozen after compile",
            f"The optimizer was built for {len(theirs)} weights, and {len(ours)} are trainable now: `trainable` was "
            "changed since; compile again.",
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
    layers = list(model._flatten_layers())
    rescalings = [layer for layer in layers if isinstance(layer, keras.layers.Rescaling)]
    scales = bool(rescalings) or any(isinstance(layer, keras.layers.Normalization) for layer in layers)
    base = weights.find_base(model)
    if len(rescalings) > 1 and sum(np.max(np.abs(layer.scale)) < 0.1 for layer in rescalings) > 1:
        yield Finding("scaled twice", f"The model holds {len(rescalings)} Rescaling layers: leave one out.")
    elif drawn.high > 20 and not scales:
        yield Finding(
            "unscaled training",
            f"The values lie in {span(drawn)} and the model holds no Rescaling: divide by "
            "127.5 and subtract 1 (Xception's preprocess_input).",
        )
    elif scales and drawn.high <= 1.5 and drawn.low >= -1.5:
        yield Finding(
            "scaled twice", f"The values lie in {span(drawn)} and the model holds a Rescaling too: leave one out."
        )
    elif 0 < drawn.high - drawn.low < NARROW and -1.5 <= drawn.low and drawn.high <= 1.5:
        yield Finding(
            "scaled twice", f"The values lie in {span(drawn)}, as of pixels that were scaled twice: scale them once."
        )
    elif base is not None and base.name.startswith(CENTRED) and drawn.low >= 0 and 0.3 < drawn.high <= 1.5:
        yield Finding(
            "another scale",
            f"The values lie in {span(drawn)}, and {base.name} was trained on -1..1: divide by 127.5 and subtract 1 "
            "(its preprocess_input).",
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
