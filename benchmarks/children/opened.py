"""A process of its own: open one model file of unknown origin, and print what came of it as a line of JSON.

    python -m benchmarks.children.opened FILE

`refused` is the sentence, where there is one; `assumed` names what `predict` had to guess. Where a peer opens the file
too, `apart` is how far the answers to two drawn inputs differ, in parts of the peer's largest.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

INPUTS, SIDE = 2, 64  # SIDE where a model takes any size


def main(file):
    """Print one row."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    warnings.simplefilter("ignore")
    row = {"opened": False, "refused": "", "answered": False, "assumed": [], "peer": "", "apart": None}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        from minicnn import load_model

        try:
            model = load_model(file)
        except ValueError as refusal:
            row["refused"] = str(refusal)
        else:
            row |= {"opened": True, **_compared(model, file), **_answered(file)}
    print(json.dumps(row))


def _answered(file):
    """Return what `minicnn predict` says of a drawn picture."""
    from minicnn.app import main as minicnn

    out, errors = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(picture)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = minicnn(["predict", str(file), str(picture), "--json", "--out", folder])
    if code:
        return {"refused": errors.getvalue().strip().splitlines()[-1]}
    return {"answered": True, "assumed": sorted(json.loads(out.getvalue())[0].get("assumed", {}))}


def _compared(model, file):
    shape = model.input_shape
    if isinstance(shape, (list, dict)):
        return {}
    x = np.random.default_rng(0).random((INPUTS, *(side or SIDE for side in shape[1:])), np.float32)
    for peer, answers in (("ONNX Runtime", _onnxruntime), ("Keras", _keras)):
        want = answers(file, x)
        if want is not None:
            return {"peer": peer, "apart": _apart(model.predict(x), want)}
    return {}


def _apart(got, want):
    """Return the largest difference of any output, in parts of its largest number; None where shapes differ."""
    got = list(got.values()) if isinstance(got, dict) else got if isinstance(got, list) else [got]
    if [y.shape for y in got] != [y.shape for y in want]:
        return None
    return max(float(abs(a - b).max() / (abs(b).max() or 1)) for a, b in zip(got, want, strict=True))


def _keras(file, x):
    """Return Keras's answers; None where it opens no such file."""
    if Path(file).suffix not in (".keras", ".h5", ".hdf5"):
        return None
    try:
        import keras

        y = keras.models.load_model(file, compile=False).predict(x, verbose=0)
    except Exception:  # an older Keras's file, or one that holds code: every kind of error was seen
        return None
    return [
        np.asarray(each) for each in (list(y.values()) if isinstance(y, dict) else y if isinstance(y, list) else [y])
    ]


def _onnxruntime(file, x):
    """Return ONNX Runtime's answers, one picture at a time, with channels last; None where it opens no such file."""
    if Path(file).suffix != ".onnx":
        return None
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        each = [session.run(None, {name: np.moveaxis(one[None], -1, 1) if x.ndim == 4 else one[None]}) for one in x]
    except Exception:  # not installed, or one of its own errors
        return None
    outputs = map(np.concatenate, zip(*each, strict=True))
    return [np.moveaxis(y, 1, -1) if y.ndim == 4 else y for y in outputs]


if __name__ == "__main__":
    main(*sys.argv[1:])
