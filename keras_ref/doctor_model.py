"""The doctor on models: what the loss is fed with, what moves, what cannot learn."""

import numpy as np

from keras_ref import console, runtime
from keras_ref.doctor_data import Finding, span


def _last_operations(model):
    """Give the names of the last activations of a model, the last first: what the loss is fed with."""
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


def output(model):
    loss = getattr(model, "loss", None)
    logits = getattr(loss, "from_logits", None)
    if logits is None and isinstance(loss, str):
        logits = False
    last = _last_operations(model)
    if len(last) > 1:
        return [
            Finding(
                "squashed twice", f"The model ends in {last[1]} and then {last[0]} once more: remove one of the two."
            )
        ]
    if logits and last:
        twice = "twice a sigmoid" if last[0] == "sigmoid" else "a second softmax"
        return [
            Finding(
                "squashed twice",
                f"The loss has from_logits=True, but the model already ends in {last[0]}: that makes "
                f"{twice}; remove the activation or set from_logits=False.",
            )
        ]
    if logits is False and not last and "entropy" in (loss if isinstance(loss, str) else type(loss).__name__).lower():
        return [
            Finding(
                "logits as probabilities",
                "The loss has from_logits=False, but the model ends without softmax or "
                "sigmoid: it would take logits for probabilities; set from_logits=True.",
            )
        ]
    return []


def not_finite(model):
    bad = [v.path for v in model.weights if not np.isfinite(np.asarray(v)).all()]
    if not bad:
        return []
    return [
        Finding(
            "not finite",
            f"{len(bad)} of the model's {len(model.weights)} arrays hold NaN or infinity, such as {bad[0]}: its "
            "training diverged; take an earlier checkpoint and a smaller learning rate.",
        )
    ]


def base_in_training_mode(model, from_scratch):
    _, keras = runtime.load()
    found = []
    for nested in (layer for layer in model.layers if isinstance(layer, keras.Model)):
        moving = [
            layer
            for layer in nested._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        ]
        if moving and not from_scratch:
            found.append(
                Finding(
                    "base in training mode",
                    f"{len(moving)} BatchNormalization layers of the base {nested.name!r} "
                    "are trainable, so fit moves their statistics, whatever training=False says at the call: set "
                    f"{nested.name}.trainable = False (or of those layers, when fine-tuning) and compile again.",
                )
            )
    return found


def learning_rate(model, asked):
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return []
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    used = float(optimizer.learning_rate)
    if asked is None and "lr" in vars(optimizer):  # Keras 3 stores such an attribute and never looks at it
        asked = float(optimizer.lr)
    if asked is not None and not abs(used - asked) <= 1e-6 * abs(asked):  # a rate of NaN too is another one
        return [
            Finding(
                "another learning rate",
                f"The optimizer works with learning_rate={used:g}, but {asked:g} was asked for: "
                "pass it as learning_rate= (Keras 3 ignores the name lr).",
            )
        ]
    return []


def input_scale(model, drawn):
    _, keras = runtime.load()
    scales = any(
        isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model._flatten_layers()
    )
    if drawn.high > 20 and not scales:
        return [
            Finding(
                "unscaled training",
                f"The values lie in {span(drawn)} and the model holds no Rescaling: divide by "
                "127.5 and subtract 1 (Xception's preprocess_input).",
            )
        ]
    if scales and drawn.high <= 1.5 and drawn.low >= -1.5:
        return [
            Finding(
                "scaled twice", f"The values lie in {span(drawn)} and the model holds a Rescaling too: leave one out."
            )
        ]
    return []


def unreachable(model, drawn):
    """Find weights whose gradient is absent or exactly zero on a batch: training would never change them."""
    tf, _ = runtime.load()
    if not model.trainable_variables:
        return [
            Finding("nothing learns", "The model has no trainable weights at all: set trainable = True on the head.")
        ]
    if getattr(model, "loss", None) is None:
        return []
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
        return [
            Finding(
                "unreachable weights",
                f"{len(dead)} of {len(gradients)} trainable weights get no gradient, such as "
                f"{dead[0]}: nothing leads from them to the loss, or a dead ReLU stands between.",
            )
        ]
    return []
