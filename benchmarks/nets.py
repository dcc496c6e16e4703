"""python -m benchmarks nets: a training step, a prediction, and a whole epoch on photographs, in whole nets.

Keras's net is loaded from the file that minicnn saved, and is compiled twice: for TensorFlow's graphs, and for XLA.
Before the clock starts all engines must predict the same, and the first training loss must be Keras's.
"""

import numpy as np

from . import epoch, machine, peers, progress, results, timing, twins


def measure(names, threads, data=None, quick=False):
    """Time the nets.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    data : folder of photographs for an epoch of fit, or None
    quick : bool
        Least rounds, small pictures.

    Ctrl-C ends it early: the head then names what was not measured.
    """
    engines, missing = peers.load(names, threads)
    head = machine.header(threads)
    head["missing"] = missing
    by_name = {engine.name: engine for engine in engines}
    rows = []
    done = []
    try:
        for net in progress.track(twins.NETS, "nets"):
            _net(net, by_name, quick, rows)
            done.append(net)
        if data:
            rows.extend(epoch.measure(data, "keras" in by_name, threads, quick))
            done.append("an epoch of fit")
    except KeyboardInterrupt:  # what was measured so far is worth keeping
        head["not measured"] = [name for name in (*twins.NETS, "an epoch of fit") if name not in done]
    return results.part("nets", head, rows)


def _net(net, engines, quick, rows):
    """Append the rows of one net, one by one."""
    size = 28 if quick else None
    budget, least = (0.0, 2) if quick else (3.0, 7)
    model, count, rng = twins.make(net, size=size), twins.NETS[net][3], np.random.default_rng(0)
    x, y = twins.batch(rng, net, count, size)
    one = x[:1]
    ways = ((False, "keras graph"),) if quick else ((False, "keras graph"), (True, "keras xla"))
    compiled = {name: twins.keras_twin(model, jit) for jit, name in ways} if "keras" in engines else {}
    sessions = (
        {shown.shape: session(engines["onnxruntime"], model, shown) for shown in (x, one)}
        if "onnxruntime" in engines
        else {}
    )
    want = model.predict(x, batch_size=count)
    for name, keras_model in compiled.items():
        _same(net, name, keras_model.predict_on_batch(x), want)
    for call in sessions.values():
        _same(net, "onnxruntime", call(), want[: len(call())])

    def race(what, calls):
        samples = timing.race(calls, budget, least, 25 if least > 2 else 2)
        rows.append({"net": net, "what": what, "engines": {name: sample.row() for name, sample in samples.items()}})

    first = model.train_on_batch(x, y)[0]
    for name, twin in compiled.items():
        _same(net, f"{name} (loss)", np.float32(twin.train_on_batch(x, y)[0]), np.float32(first))
    calls = {"minicnn": lambda: model.train_on_batch(x, y)}
    calls |= {name: lambda twin=twin: twin.train_on_batch(x, y) for name, twin in compiled.items()}
    race(f"train_on_batch, {count} pictures", calls)
    for shown in (x, one):
        what = f"{len(shown)} picture" + "s" * (len(shown) > 1)
        ours = {"minicnn": lambda shown=shown: model.predict(shown, batch_size=count)}
        peer = {"onnxruntime": sessions[shown.shape]} if sessions else {}
        race(
            f"predict_on_batch, {what}",
            ours
            | peer
            | {name: lambda shown=shown, twin=twin: twin.predict_on_batch(shown) for name, twin in compiled.items()},
        )
        race(
            f"predict, {what}",
            ours
            | {
                name: lambda shown=shown, twin=twin: twin.predict(shown, batch_size=count, verbose=0)
                for name, twin in compiled.items()
            },
        )


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
