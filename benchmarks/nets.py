"""python -m benchmarks nets: a training step, a prediction, and a whole epoch on photographs, in whole nets.

Keras's net is loaded from the file that minicnn saved, and is compiled twice: for TensorFlow's graphs, and for XLA.
Before the clock starts all engines must predict the same, and the first training loss must be Keras's.
"""

import numpy as np

from . import epoch, machine, peers, progress, results, timing, twins


def measure(names, threads, data=None, quick=False, wanted=tuple(twins.NETS), seconds=3.0):
    """Time the nets.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    data : folder of photographs for an epoch of fit, or None
    quick : bool
        Least rounds, small pictures.
    wanted : names of twins.NETS
    seconds : float
        For each row.

    Ctrl-C ends it early: the head then names what was not measured.
    """
    engines, missing = peers.load(names, threads)
    head = machine.header(threads)
    head["missing"] = missing
    by_name = {engine.name: engine for engine in engines}
    rows = []
    done = []
    try:
        for net in progress.track(wanted, "nets"):
            _net(net, by_name, quick, rows, seconds)
            done.append(net)
        if data:
            rows.extend(epoch.measure(data, "keras" in by_name, threads, quick))
            done.append("an epoch of fit")
    except KeyboardInterrupt:  # what was measured so far is worth keeping
        head["not measured"] = [name for name in (*wanted, "an epoch of fit") if name not in done]
    return results.part("nets", head, rows)


def _net(net, engines, quick, rows, seconds=3.0):
    """Append the rows of one net, one by one."""
    size = 28 if quick else None
    budget, least, most = (0.0, 2, 2) if quick else (seconds, 7, 60)
    model, count = twins.make(net, size=size), twins.NETS[net][3]
    x, y = twins.batch(np.random.default_rng(0), net, count, size)
    keras = engines.get("keras")
    ways = ((False, "keras graph"),) if quick else ((False, "keras graph"), (True, "keras xla"))
    compiled = {name: twins.keras_twin(model, jit) for jit, name in ways} if keras else {}
    if keras and quick:
        keras.all_forms = False

    def race(what, shown, ours, others, want):
        """Compare the results and time; the name of the call is the first word of `what`."""
        calls = {"minicnn": ours, **others}
        calls |= {name: lambda twin=twin: _called(twin, what, shown, y) for name, twin in compiled.items()}
        if keras:
            calls |= keras.onednn(keras_call, net, what, len(shown), size)
        for name in calls.keys() - {"minicnn"}:
            _same(net, f"{name}, {what}", np.asarray(calls[name]()), want)
        samples = timing.race(calls, budget, least, most)
        pictures = f"{len(shown)} picture" + "s" * (len(shown) > 1)
        row = {"net": net, "what": f"{what}, {pictures}"}
        rows.append(row | {"engines": {name: sample.row() for name, sample in samples.items()}})

    want = model.predict(x, batch_size=count)
    loss = np.float32(model.train_on_batch(x, y)[0])
    race("train_on_batch", x, lambda: model.train_on_batch(x, y), {}, loss)
    model = twins.make(net, size=size)  # the twins' weights changed too: those of the file again
    compiled = {name: twins.keras_twin(model, jit) for jit, name in ways} if keras else {}
    for shown in (x, x[:8], x[:1]):

        def ours(shown=shown):
            return model.predict(shown, batch_size=count)

        chain = "onnxruntime" in engines and net in twins.CHAINS
        peer = {"onnxruntime": session(engines["onnxruntime"], model, shown)} if chain else {}
        race("predict_on_batch", shown, ours, peer, want[: len(shown)])
        if len(shown) != 8:
            race("predict", shown, ours, {}, want[: len(shown)])


def _called(twin, what, x, y):
    """Make one call of Keras's, named as its method is."""
    if what == "train_on_batch":
        return twin.train_on_batch(x, y)[0]
    return twin.predict_on_batch(x) if what == "predict_on_batch" else twin.predict(x, batch_size=len(x), verbose=0)


def keras_call(threads, net, what, count, size):
    """Make Keras's call in a process of its own: the same net and pictures, from the same seeds."""
    from .peers.keras_engine import set_threads

    set_threads(threads)
    twin = twins.keras_twin(twins.make(net, size=size))
    x, y = twins.batch(np.random.default_rng(0), net, twins.NETS[net][3], size)
    return lambda: _called(twin, what, x[:count], y), np.asarray


def session(engine, model, x):
    """Make the call that predicts x in ONNX Runtime."""
    from .peers.onnx_net import graph

    x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    session = engine.session(*graph(model), x.shape, (len(x), *model.output_shape[1:]))
    return lambda: session.run(None, {"x": x})[0]


def _same(net, name, got, want):
    off = float(np.max(np.abs(got - want)))
    if not off <= 1e-4 * max(1.0, float(np.max(np.abs(want)))):
        raise ValueError(f"{net}: {name} and minicnn differ by {off:.2g}; nothing is timed.")
