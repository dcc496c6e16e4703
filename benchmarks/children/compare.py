"""A process of its own: minicnn as it stands in one checkout, timed on request by compare.py.

    python benchmarks/children/compare.py CHECKOUT THREADS

The cases are this checkout's; what is timed is the other's, through its public names alone, so that two versions whose
insides differ run the same calls. Requests and answers are lines of JSON, see `main`.
"""

import contextlib
import json
import sys
import time
from pathlib import Path

import numpy as np

CHECKED = 512  # numbers of a result that are compared


def load(checkout):
    """Import minicnn from a checkout, whatever else is installed, and these benchmarks from their own."""
    own = Path(__file__).resolve().parents[2]
    sys.path[0] = str(Path(checkout).resolve())
    import minicnn

    if Path(minicnn.__file__).resolve().parents[1] != Path(sys.path[0]):
        raise ImportError(f"minicnn came from {minicnn.__file__}")
    sys.path[0] = str(own)
    return minicnn


def layer_call(request):
    """Make the call of one pass of one case."""
    from benchmarks.case import Case
    from benchmarks.peers.minicnn_engine import MiniCNN

    case = Case(**{name: tuple(value) if isinstance(value, list) else value for name, value in request["case"].items()})
    ((call, _),) = MiniCNN().runs(case, request["pass"], case.arrays()).values()
    return call


def net_call(minicnn, request):
    """Make the call of a net from a file: a prediction, or a training step."""
    model = minicnn.load_model(request["file"])
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 255, (request["count"], *model.input_shape[1:])).astype(np.float32)
    if not request["train"]:
        return lambda: model.predict(x, batch_size=len(x))
    classes = max(2, model.output_shape[-1])
    y = rng.integers(0, classes, len(x)).reshape(-1, 1)
    return lambda: np.array(model.train_on_batch(x, y))


def sampled(value):
    """Return some numbers of a result, spread over it, and the largest one."""
    flat = np.asarray(value, np.float64).reshape(-1)
    chosen = flat[np.linspace(0, flat.size - 1, min(CHECKED, flat.size)).astype(int)] if flat.size else flat
    return {"numbers": chosen.tolist(), "largest": float(np.abs(flat).max(initial=0.0))}


def main(checkout, threads):
    """Answer requests until there are no more.

    {"case", "pass"} or {"file", "count", "train"} prepares a call and does it twice: {"numbers", "largest"}
    of the second result, and "seconds" that it took. {"repeats"} does it so often: {"seconds"} of one.
    """
    minicnn = load(checkout)
    minicnn.set_num_threads(int(threads))
    with contextlib.ExitStack() as memory:
        for line in sys.stdin:
            request = json.loads(line)
            prepares, repeats = "repeats" not in request, request.get("repeats", 1)
            if prepares:
                call = None  # its arrays and its workspace go before the next ones come
                memory.close()
                memory.enter_context(minicnn.kernels.workspace())
                call = net_call(minicnn, request) if "file" in request else layer_call(request)
                call()
            start = time.perf_counter()
            for _ in range(repeats):
                value = call()
            answer = {"seconds": (time.perf_counter() - start) / repeats} | (sampled(value) if prepares else {})
            print(json.dumps(answer), flush=True)
            value = None


if __name__ == "__main__":
    main(*sys.argv[1:])
