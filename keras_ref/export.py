"""Hand a classifier to other programs with Keras's own exporters, and check what was written by running it."""

import importlib.util
import shutil
import warnings
from pathlib import Path

import numpy as np

from minicnn.files import write_sidecar

from . import card as cards
from . import console, runtime
from .errors import Diverged, first_line
from .types import AnyPath

KINDS: dict[str, tuple[str, str]] = {  # Keras's name for the format, and the ending of its file
    "savedmodel": ("tf_saved_model", ""),
    "onnx": ("onnx", ".onnx"),
    "tflite": ("litert", ".tflite"),
}
CLOSE: float = 1e-4  # of the largest answer: other engines add in another order
PICTURES: int = 4


def export(model_path: AnyPath, kind: str, out: AnyPath | None = None) -> tuple[Path, float, float]:
    """Export a model file, and run what was written on random pictures.

    Parameters
    ----------
    model_path : str or path of a model file
    kind : a key of KINDS
    out : str or path of a new file or folder, or None for one beside the model

    Returns
    -------
    path : Path
    difference : float, the largest between the answers of both
    size : float, the largest answer

    Raises
    ------
    ValueError
        The model can't be read, the exporter does not work here, `out` is there already, or the answers differ.
    Diverged
        The model's own answers are not finite.
    """
    net, card, _ = cards.load(model_path)
    keras_kind, suffix = KINDS[kind]
    if kind == "onnx":
        _need("tf2onnx", "onnx", "onnxruntime")
    out = Path(out) if out else Path(model_path).with_suffix(suffix or ".savedmodel")
    if out.exists():
        raise ValueError(f"{out} already exists; give another name with --out or remove it first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    r = card.recipe
    x = r.prepare()(np.random.default_rng(0).integers(0, 256, (PICTURES, r.height, r.width, 3))).numpy()
    expected = np.asarray(net.predict_on_batch(x))
    if not np.isfinite(expected).all():
        raise Diverged(f"{model_path} gives no finite answers, even to random pictures: its training diverged.")
    partial = out.with_name(f".{out.stem}.partial{out.suffix}")
    try:
        with console.working(f"exporting to {kind}", on_output=True), runtime.quietly():
            net.export(partial, format=keras_kind, verbose=False)
        answers = _RUN[kind](partial, x)
        difference, size = float(np.abs(answers - expected).max()), float(np.abs(expected).max())
        if not difference <= CLOSE * size:
            raise ValueError(
                f"{out} is not written: it answers differently from {model_path}, by {difference:.2e} of {size:.2e}."
            )
        partial.rename(out)
    except (ImportError, AttributeError, TypeError, NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"Keras's {kind} exporter does not work with the packages installed here: {first_line(error)}"
        ) from None
    finally:
        _remove(partial)
    write_sidecar(out, card.value())
    return out, difference, size


def _need(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"This export needs the package {missing[0]}; install the extra with: pip install 'minicnn[export]'."
        )


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def _run_savedmodel(path, x):
    tf, _ = runtime.load()
    loaded = tf.saved_model.load(path)  # held until the answer is there: its variables die with it
    return loaded.serve(x).numpy()


def _run_onnx(path, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def _run_tflite(path, x):
    tf, _ = runtime.load()
    with warnings.catch_warnings(), runtime.quietly():
        warnings.simplefilter("ignore")  # TensorFlow announces the interpreter's move to a package of its own
        interpreter = tf.lite.Interpreter(str(path))
    wanted = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(wanted, x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(wanted, x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


_RUN = {"savedmodel": _run_savedmodel, "onnx": _run_onnx, "tflite": _run_tflite}
