"""python -m benchmarks architectures: nets of keras.applications, from one and the same .keras file.

Agreement first; then one picture and a batch of 8, against the fastest of Keras's predict_on_batch, a tf.function and
an eager call, and against ONNX Runtime on what Keras exported (VGG16, a chain: on what peers/onnx_net.py wrote). Start
and memory are a process's that loads the file and predicts one picture. Every array of a net is drawn, biases and
moving statistics included.
"""

import json
import math
import tempfile
from pathlib import Path

import numpy as np

from minicnn import load_model

from . import machine, nets, peers, processes, progress, results, timing

SIZES = {
    "Xception": 299,
    "VGG16": 224,
    "ResNet50": 224,
    "MobileNet": 224,
    "MobileNetV2": 224,
    "DenseNet121": 224,
    "EfficientNetB0": 224,
}
QUICK = {"MobileNet": 32}
BATCHES = (1, 8)
ALLOWED = 1e-4  # of the largest logit
EXPORTED = 60e6  # parameters at most: for VGG16's 138 million the exporter took more than 20 GB


def measure(names, threads, quick=False, seconds=4.0, wanted=None):
    """Measure the nets.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        One small net, no export, no processes.
    seconds : float
        For each batch of a net.
    wanted : names of SIZES, or None for all

    Ctrl-C ends it early: the head then names what was not measured.
    """
    engines, missing = peers.load([name for name in names if name != "torch"], threads)
    keras_engine = next((engine for engine in engines if engine.name == "keras"), None)
    if keras_engine is None:
        raise ValueError("The architectures are Keras's: install the extra `keras`, and leave keras among the --peers.")
    onnx = next((engine for engine in engines if engine.name == "onnxruntime"), None)
    head, rows = machine.header(threads) | {"missing": missing}, []
    if quick:
        onnx, seconds = None, 0.0
    sizes = QUICK if quick else chosen(wanted)
    try:
        for name in progress.track(list(sizes), "architectures"):
            with tempfile.TemporaryDirectory() as folder:
                rows.append(_net(name, sizes[name], Path(folder), keras_engine, onnx, seconds))
    except KeyboardInterrupt:
        head["not measured"] = [name for name in sizes if name not in {row["net"] for row in rows}]
    return results.part("architectures", head, rows)


def chosen(wanted):
    """Return name -> pixels of some nets, or of all.

    Raises
    ------
    ValueError: a net that is not among them.
    """
    if unknown := [name for name in wanted or () if name not in SIZES]:
        raise ValueError(f"`--net` must name some of {', '.join(SIZES)}. Received: {', '.join(unknown)}.")
    return {name: SIZES[name] for name in wanted or SIZES}


def _net(name, size, folder, keras_engine, onnx, seconds):
    from .peers.keras_engine import keras, tf

    net, shown = build(name, size)
    file = folder / "net.keras"
    net.save(file)
    model = load_model(file)
    want = net.predict_on_batch(shown[:2])
    off = _same(name, model.predict(shown[:2]), want)
    session = _session(onnx, net, model, folder) if onnx else None
    graph = tf.function(lambda x: net(x, training=False))
    row = {"net": name, "size": size, "parameters": net.count_params(), "difference": off, "batches": {}}
    for count in BATCHES if seconds else BATCHES[:1]:
        x = np.resize(shown, (count, *shown.shape[1:]))
        tensor = tf.constant(x)
        calls = {
            "minicnn": lambda x=x: model.predict(x),
            "keras predict_on_batch": lambda x=x: net.predict_on_batch(x),
            "keras graph": lambda tensor=tensor: graph(tensor).numpy(),
            "keras eager": lambda tensor=tensor: net(tensor, training=False).numpy(),
        }
        if session:
            calls["onnxruntime"] = session(x)
        calls |= keras_engine.onednn(keras_call, str(file), count) if seconds else {}
        for label, call in calls.items():
            _same(f"{name}, {label}", call()[:2], want[:count])
        hot = True if count == 1 else None  # what eight pictures need no cache holds
        samples = timing.race(calls, seconds, 5 if seconds else 2, 30, hot)
        row["batches"][str(count)] = {label: sample.row() for label, sample in samples.items()}
    keras.backend.clear_session()
    if seconds:
        np.save(folder / "picture.npy", shown[:1])
        for engine in ("minicnn", "keras"):
            row[engine] = _process(engine, file, folder / "picture.npy")
    return row


def keras_call(threads, file, count):
    """Make the graph's call in a process of its own, on the same pictures."""
    from .peers.keras_engine import keras, set_threads, tf

    set_threads(threads)
    net = keras.models.load_model(file, compile=False)
    tensor = tf.constant(
        np.resize(pictures(net.name, net.input_shape[1]).astype(net.dtype), (count, *net.input_shape[1:]))
    )
    graph = tf.function(lambda x: net(x, training=False))
    return lambda: graph(tensor).numpy(), np.asarray


def build(name, size, classes=1000):
    """Make a net as Keras makes it, in Keras's present dtype, with drawn arrays and logits of order 1.

    Returns
    -------
    net : keras.Model
    pictures : (6, size, size, 3)
    """
    from .peers.keras_engine import keras

    net = getattr(keras.applications, name)(
        weights=None, classifier_activation=None, input_shape=(size, size, 3), classes=classes
    )
    x = pictures(name, size).astype(net.dtype)
    draw(net, x)
    last = next(layer for layer in reversed(net.layers) if layer.weights)
    kernel, bias = last.get_weights()
    last.set_weights([kernel / np.std(net(x[:2])), bias])
    return net, x


def pictures(name, size):
    """Draw pictures for a net; EfficientNet divides them by 255 itself."""
    x = np.random.default_rng(1).normal(size=(6, size, size, 3))
    return x * 255 if name.lower().startswith("efficientnet") else x


def draw(model, pictures):
    """Give every array of a Keras model numbers of its own.

    Moving statistics lie beside what the pictures give, not on it, so that activations keep their size from layer to
    layer and the logits depend on the pictures.
    """
    from .peers.keras_engine import keras

    rng = np.random.default_rng(0)
    for layer in _flat(model):
        if layer.weights:
            layer.set_weights([_drawn(rng, weight) for weight in layer.weights])
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it works with copies of its arrays
    normalizations = [layer for layer in _flat(model) if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    model(pictures, training=True)
    for layer, momentum in zip(normalizations, momenta, strict=True):
        layer.momentum = momentum
        *others, mean, variance = layer.get_weights()
        mean += rng.normal(0, 0.3, mean.shape) * np.sqrt(variance)
        # Where a channel hardly varies beside its mean, dividing by that little would blow rounding errors up; and
        # where it is divided by too little everywhere, numbers grow from block to block, until EfficientNet's gates
        # are steps and Keras's own float32 is off by a tenth.
        variance = np.maximum(variance, 0.03 * mean**2) * rng.uniform(0.9, 1.5, mean.shape)
        layer.set_weights([*others, mean, variance])


def _flat(model):
    """Yield all layers of a Keras model, those of models inside too."""
    for layer in model.layers:
        yield from _flat(layer) if hasattr(layer, "layers") else [layer]


def _drawn(rng, weight):
    name, shape = weight.name, weight.shape
    if name == "count":
        return np.array(7)
    if name in ("gamma", "moving_variance", "variance"):
        return rng.uniform(0.5, 1.5, shape)
    if len(shape) == 1:
        return rng.normal(0, 0.2, shape)
    depthwise = name == "depthwise_kernel" or weight.path.split("/")[-2].endswith(("dwconv", "dwconv2", "depthwise"))
    inputs = math.prod(shape[:2]) if depthwise else math.prod(shape[:-1])
    return rng.normal(0, math.sqrt(1.5 / inputs), shape)


def _same(name, got, want):
    """Return the largest difference from Keras, in the largest logit; too large a one ends the benchmark."""
    off = float(np.max(np.abs(got - want)) / np.max(np.abs(want)))
    if not off <= ALLOWED:
        raise ValueError(f"{name}: {off:.1g} of the largest logit off Keras; nothing is timed.")
    return off


def _session(onnx, net, model, folder):
    """Return a function that makes ONNX Runtime's call for a batch; None where Keras's exporter is missing or fails."""
    import contextlib
    import io

    if net.count_params() > EXPORTED:
        return lambda x: nets.session(onnx, model, x)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            net.export(folder / "net.onnx", format="onnx", verbose=False)
    except (ImportError, ValueError, RuntimeError, TypeError, AttributeError):
        return None
    session = onnx.open(folder / "net.onnx")
    first, *others = (each.name for each in session.get_inputs())
    statistics = _statistics(net, others)
    return lambda x: lambda: session.run(None, {first: x, **statistics})[0]


def _statistics(net, names):
    """Return what the exporter took for inputs: a Normalization's mean, which is subtracted, and variance."""
    if not names:
        return {}
    normalization = next(layer for layer in _flat(net) if type(layer).__name__ == "Normalization")
    return {name: np.asarray(normalization.mean if "/Sub/" in name else normalization.variance) for name in names}


def _process(engine, file, picture):
    """Return the seconds and the peak of a process that loads a file and predicts a picture, the second time."""
    arguments = "-m", "benchmarks.children.predict", engine, file, picture
    otherwise = f"{engine} did not predict"
    processes.checked(processes.run(*arguments), otherwise)  # this one may compile
    done = processes.checked(processes.run(*arguments), otherwise)
    return {"s": done.seconds, "peak_mb": json.loads(done.out.splitlines()[-1])["peak_mb"]}
