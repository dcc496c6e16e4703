"""python -m benchmarks scaling: what a second thread brings, and how the cost grows with the batch."""

import numpy as np

import minicnn
from minicnn import kernels

from . import cases, machine, peers, progress, results, timing, twins
from .peers.minicnn_engine import MiniCNN

BODY = (
    "E3/vgg16/n8/112x112x64-128-k3",
    "E3/vgg16/n8/56x56x128-256-k3",
    "E3/vgg16/n8/28x28x256-512-k3",
    "E3/vgg16/n8/14x14x512-512-k3",
    "E5/xception299/n1/19x19x728-728-k1",
    "E1/homework/n20/150x150x3-32-k3",
)
SMALL = ("E2/tinyvgg/n1/28x28x10-10-k3",)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)


def measure(names, threads, quick=False):
    """Time body layers with 1 and with all threads, and Tiny VGG with batches from 1 to 128.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        Small layers and batches.
    """
    wanted = [case for case in cases.CASES if case.full_name in (SMALL if quick else BODY)]
    with kernels.workspace():
        rows = [
            _threads(case, which, threads, quick)
            for case, which in progress.track(
                [(case, which) for case in wanted for which in case.passes],
                "threads",
                lambda pair: f"{pair[0].full_name} {pair[1]}",
            )
        ]
    engines, missing = peers.load([name for name in names if name == "keras"], threads)
    model = twins.make("tinyvgg", size=28 if quick else None)
    twin = twins.keras_twin(model) if len(engines) > 1 else None
    for count in progress.track(BATCHES[:2] if quick else BATCHES, "batches"):
        rows.append(_batch(model, twin, count, quick))
    return results.part("scaling", {**machine.header(threads), "missing": missing}, rows)


def _threads(case, which, threads, quick):
    call, _ = MiniCNN().runs(case, which, case.arrays())["minicnn"]

    def with_threads(count):
        def run():
            minicnn.set_num_threads(count)
            return call()

        return run

    calls = {"one": with_threads(1), "all": with_threads(threads)}
    one, several = (np.array(run()) for run in calls.values())
    if not np.array_equal(one, several):
        raise ValueError(f"{case.full_name} {which}: the bits depend on the number of threads.")
    samples = timing.race(calls, 0.0 if quick else 1.0, 2 if quick else 5)
    minicnn.set_num_threads(threads)
    return {
        "what": "threads",
        "case": case.full_name,
        "pass": which,
        "engines": {name: sample.row() for name, sample in samples.items()},
    }


def _batch(model, twin, count, quick):
    x, _ = twins.batch(np.random.default_rng(0), "tinyvgg", count, model.input_shape[1])
    calls = {"minicnn": lambda: model.predict(x, batch_size=count)}
    if twin is not None:
        calls["keras graph"] = lambda: twin.predict_on_batch(x)
        twin.predict_on_batch(x)
    samples = timing.race(calls, 0.0 if quick else 1.0, 2 if quick else 7)
    return {
        "what": "batch",
        "case": "Tiny VGG",
        "n": count,
        "engines": {name: sample.row() for name, sample in samples.items()},
    }
