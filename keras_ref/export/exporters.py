"""Hand a classifier to other programs with Keras's own exporters, and check what was written by running it."""

import contextlib
import dataclasses
import importlib.util
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import PictureError
from minicnn.files import FLOOR, write_sidecar

from .. import predict, runtime
from ..model import Card
from ..model import card as cards
from ..runtime import Diverged, console, first_line
from ..types import AnyPath, Net

KINDS: dict[str, tuple[str, str]] = {  # Keras's name for the format, and the ending of its file
    "savedmodel": ("tf_saved_model", ""),
    "onnx": ("onnx", ".onnx"),
    "tflite": ("litert", ".tflite"),
}
CLOSE: float = 1e-4  # of the largest answer: other engines add in another order
PICTURES: int = 4


def export(
    model_path: AnyPath, kind: str, out: AnyPath | None = None, pixels: bool = False
) -> tuple[Path, float, float]:
    """Export a model file, and run what was written on random pictures.

    Parameters
    ----------
    model_path : str or path of a model file
    kind : a key of KINDS
    out : str or path of a new file or folder, or None for one beside the model
    pixels : bool
        Whether it takes pixels, uint8, and answers probabilities: scaling, temperature and softmax are inside.

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
    out = new_path(model_path, out, suffix or ".savedmodel")
    r = card.recipe
    x = np.random.default_rng(0).integers(0, 256, (PICTURES, r.height, r.width, 3), np.uint8)
    scaled = r.prepare()(x).numpy()
    expected = np.asarray(net.predict_on_batch(scaled))
    if not np.isfinite(expected).all():
        raise Diverged(f"{model_path} gives no finite answers, even to random pictures: its training diverged.")
    if pixels:
        expected = predict.probabilities(predict.finite(expected, range(PICTURES), card.output), card)
        expected = expected[:, -net.output_shape[-1] :]  # of one sigmoid the second class alone
        net, card = with_pixels(net, card)
        net.predict_on_batch(x)  # Keras's exporter to ONNX wants a net that was called
    else:
        x = scaled
    partial = out.with_name(f".{out.stem}.partial{out.suffix}")
    try:
        with converting(f"Keras's {kind} exporter"):
            with console.working(f"exporting to {kind}", on_output=True), runtime.quietly():
                net.export(partial, format=keras_kind, verbose=False)
            answers = _RUN[kind](partial, x)
        difference, size = float(np.abs(answers - expected).max()), float(np.abs(expected).max())
        if not difference <= CLOSE * size:
            raise ValueError(
                f"{out} is not written: it answers differently from {model_path}, by {difference:.2e} of {size:.2e}."
            )
        partial.rename(out)
    finally:
        _remove(partial)
    write_sidecar(out, card.value())
    return out, difference, size


@contextlib.contextmanager
def converting(what: str) -> Iterator[None]:
    """Make one sentence of whatever another program's converter or interpreter raises inside the block.

    Parameters
    ----------
    what : str, which one, at the sentence's beginning

    Raises
    ------
    ValueError
        It did not work. An OSError, as where the disk is full, and a picture that is none stay what they are.
    """
    try:
        yield
    except (OSError, PictureError):
        raise
    except Exception as error:  # TensorFlow's ConverterError and ONNX Runtime's errors are of no kind but this one
        raise ValueError(f"{what} does not work with the packages installed here: {first_line(error)}") from None


def new_path(model_path: AnyPath, out: AnyPath | None, suffix: str) -> Path:
    """Return where an export is written, in a folder that is there.

    Parameters
    ----------
    model_path : str or path of the model file
    out : str or path, or None for one beside the model
    suffix : str, of that one

    Returns
    -------
    out : Path

    Raises
    ------
    ValueError
        It is there already.
    """
    out = Path(out) if out else Path(model_path).with_suffix(suffix)
    if out.exists():
        raise ValueError(f"{out} already exists; give another name with --out or remove it first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def with_pixels(net: Net, card: Card, dtype: str = "uint8") -> tuple[Net, Card]:
    """Put scaling, temperature and softmax into a net.

    Parameters
    ----------
    net : keras.Model
    card : Card
    dtype : str, of the pixels that the new one takes

    Returns
    -------
    net : keras.Model, from pixels 0..255 to probabilities
    card : Card, of what is left to do: neither scaling nor temperature
    """
    _, keras = runtime.load()
    r = card.recipe
    picture = keras.Input((r.height, r.width, 3), dtype=dtype, name="pixels")
    answer = net(keras.layers.Rescaling(r.scale, r.offset)(picture))
    one, heat = answer.shape[-1] == 1, card.temperature or 1
    if heat != 1 and card.output == "probabilities":
        answer = keras.ops.log(keras.ops.maximum(answer, FLOOR)) - (
            keras.ops.log(keras.ops.maximum(1 - answer, FLOOR)) if one else 0
        )
    if heat != 1:
        answer = answer / heat
    if heat != 1 or card.output == "logits":
        answer = keras.layers.Activation("sigmoid" if one else "softmax", dtype="float32")(answer)
    left = dataclasses.replace(
        card, recipe=dataclasses.replace(r, scale=1.0, offset=0.0), output="probabilities", temperature=None
    )
    return keras.Model(picture, answer, name="classifier_of_pixels"), left


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


def tflite(model: AnyPath | bytes) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Load a TFLite model.

    Parameters
    ----------
    model : str or path of its file, or the bytes of one

    Returns
    -------
    ask : function of (N, H, W, 3) to (N, units)
    """
    tf, _ = runtime.load()
    with warnings.catch_warnings(), runtime.quietly():
        warnings.simplefilter("ignore")  # TensorFlow announces the interpreter's move to a package of its own
        given_as = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
        interpreter = tf.lite.Interpreter(**given_as)
    wanted, given = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    shaped: list[tuple[int, ...]] = []

    def ask(x: NDArray[Any]) -> NDArray[Any]:
        if shaped != [x.shape]:
            interpreter.resize_tensor_input(wanted, x.shape)
            interpreter.allocate_tensors()
            shaped[:] = [x.shape]
        interpreter.set_tensor(wanted, x)
        interpreter.invoke()
        return interpreter.get_tensor(given)

    return ask


_RUN = {"savedmodel": _run_savedmodel, "onnx": _run_onnx, "tflite": lambda path, x: tflite(path)(x)}
