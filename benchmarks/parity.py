"""python -m benchmarks parity: minicnn and Keras on the same weights and the same batch, a row an array.

Works on any `.keras` file of layers that minicnn knows, nested models included (their layers' names in full). Both run
as when predicting (Dropout passes, BatchNormalization uses its moving means); a random cotangent at the output gives
every gradient. Then both train, in their own training steps, and the weights are compared.

absolute: the largest difference. relative and ULP: of the numbers above a thousandth of the array's largest, since
next to zero every rounding is as large as the number.
"""

import numpy as np

from minicnn import SGD, Adam, load_model

from . import machine, progress, results, twins
from .peers import load

OPTIMIZERS = {"SGD": lambda: SGD(0.01, momentum=0.8), "Adam": lambda: Adam(0.001)}


def measure(path, pictures, steps, threads, quick=False):
    """Compare a model.

    Parameters
    ----------
    path : str
        A .keras file, or None for Tiny VGG with drawn weights.
    pictures : list of paths
        The batch; empty: four pictures of random pixels.
    steps : int
        Of each optimizer.
    threads : int
    quick : bool
        A small net.
    """
    engines, missing = load(["keras"], threads)
    if missing:
        raise ValueError(f"`parity` needs Keras. Received: {missing['keras']}.")
    model = load_model(path) if path else twins.make("tinyvgg", size=28 if quick else None)
    x = _batch(model, pictures)
    model.setup = None
    twin = twins.keras_twin(model)
    rows = []
    for what in progress.track(("passes", *OPTIMIZERS), "parity"):
        rows += _passes(model, twin, x) if what == "passes" else _training(model, x, steps, what)
    head = machine.header(threads)
    head["model"] = f"{path or 'Tiny VGG, drawn weights'}, a batch of {len(x)}, float32."
    return results.part("parity", head, rows)


def _batch(model, pictures):
    if len(model.inputs) > 1 or len(model.outputs) > 1:
        raise ValueError(
            f"`parity` takes models of one input and one output. Received: {len(model.inputs)} and "
            f"{len(model.outputs)}."
        )
    shape = [size or 64 for size in model.input_shape[1:]]
    if not pictures:
        return np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(np.float32)
    from minicnn.data import load_image

    tells = model.classifier or {"resize": "nearest", "scale": 1.0, "offset": 0.0}
    loaded = np.stack([load_image(path, tuple(shape[:2]), tells["resize"]) for path in pictures])
    return (loaded * tells["scale"] + tells["offset"]).astype(np.float32)


def _passes(model, twin, x):
    """List the rows of every activation, every gradient at an activation, every gradient of weights."""
    from .peers.keras_engine import tf

    record, back, calls = {}, {}, {}
    y = model.forward(x, keep=True, record=record)
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype)
    model.backward(dy, record=back)
    with tf.GradientTape() as tape:
        start = tf.constant(x)
        tape.watch(start)
        out = _run(model, twin, [start], "", calls)[0]
    variables = {f"{key}": value for key, value in _variables(model, twin, "")}
    grads = tape.gradient(out, (calls, variables), output_gradients=tf.constant(dy))
    rows = [_row(f"{key}: output", record[key], value.numpy()) for key, value in calls.items()]
    rows += [
        _row(f"{key}: gradient at the output", back[key], value.numpy())
        for key, value in grads[0].items()
        if value is not None and key in back
    ]
    return rows + [
        _row(f"{key}: gradient", model.grads[key], value.numpy())
        for key, value in grads[1].items()
        if value is not None and key in model.grads
    ]


def _run(model, twin, inputs, prefix, calls):
    """Call Keras's layers one by one along minicnn's graph, so that every tensor in between can be named."""
    values = dict(zip(model.inputs, inputs, strict=True))
    for node in model.nodes:
        if node.inputs:
            own = [values[tensor] for tensor in node.inputs]
            layer = twin.get_layer(node.layer.name)
            if node.layer.is_model:
                found = _run(node.layer, layer, own, f"{prefix}{node.key}/", calls)
            else:
                found = [layer(own if node.several else own[0], training=False)]
            values.update(zip(node.outputs, found, strict=True))
        calls[prefix + node.key] = values[node.outputs[0]]
    return [values[tensor] for tensor in model.outputs]


def _variables(model, twin, prefix):
    """Pair minicnn's parameter paths with Keras's variables."""
    for layer in model.layers:
        other = twin.get_layer(layer.name)
        if layer.is_model:
            yield from _variables(layer, other, f"{prefix}{layer.name}/")
        else:
            arrays = [*layer.params, *layer.state]
            for key, variable in zip(arrays, other.weights, strict=True):
                yield f"{prefix}{layer.name}/{key}", variable.value


def _training(model, x, steps, name):
    """List the rows of the weights after some steps of an optimizer, from the same start, on the same batch."""
    ours = model.astype(model.dtype)
    ours.compile(OPTIMIZERS[name](), "mean_squared_error")
    twin = twins.keras_twin(ours)
    y = np.random.default_rng(2).standard_normal((len(x), *ours.output_shape[1:])).astype(np.float32)
    for _ in range(steps):
        ours.train_on_batch(x, y)
        twin.train_on_batch(x, y)
    arrays = {**ours.params, **ours.state}
    return [
        _row(f"{key}: after {steps} steps of {name}", arrays[key], variable.numpy())
        for key, variable in _variables(ours, twin, "")
        if key in arrays
    ]


def _row(name, got, want):
    """Compare two arrays."""
    if got.shape != want.shape:
        raise ValueError(f"{name}: minicnn has shape {got.shape}, Keras {want.shape}.")
    if not (np.isfinite(got).all() and np.isfinite(want).all()):  # a training that diverged
        lost = dict.fromkeys(("largest", "absolute", "relative", "ulp"))
        return {"array": name, "shape": list(got.shape), **lost}
    off = np.abs(got.astype(np.float64) - want)
    largest = float(np.max(np.abs(want), initial=0.0))
    counts = np.abs(want) > 1e-3 * largest
    size = np.abs(want[counts])
    return {
        "array": name,
        "shape": list(got.shape),
        "largest": largest,
        "absolute": float(np.max(off, initial=0.0)),
        "relative": float(np.max(off[counts] / size, initial=0.0)),
        "ulp": float(np.max(off[counts] / np.spacing(size), initial=0.0)),
    }
