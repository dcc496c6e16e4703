"""A classifier in 8-bit numbers for small devices: TensorFlow Lite's full integer quantisation, and what it costs.

The net takes pixels and answers probabilities; what spans its activations have is measured on some of the pictures that
it learned from, and its accuracy on pictures that it did not. Source: Jacob et al., 2018, arXiv:1712.05877.
"""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data import Folder, load_image
from minicnn.files import write_sidecar

from .. import evaluate, runtime
from ..runtime import console, files
from ..types import AnyPath, Result
from . import exporters

SHOWN: int = 128  # pictures that spans are measured on


def export(model_path: AnyPath, data_folder: AnyPath, out: AnyPath | None = None) -> tuple[Path, Result]:
    """Write a classifier as an int8 TFLite file, with its accuracy beside: NAME.accuracy.json.

    Parameters
    ----------
    model_path : str or path of a model file
    data_folder : str or path
    out : str or path of a new file, or None for one beside the model

    Returns
    -------
    path : Path
    figures : split, pictures, and right answers in int8 and in float32; how many answers agree; the file's bytes

    Raises
    ------
    ValueError
        The model or the data can't be used, the converter does not work here, or `out` is there already.
    """
    out = exporters.new_path(model_path, out, ".int8.tflite")
    model, field = evaluate.load(model_path, data_folder)
    found, split, paths, labels = evaluate.judged([field], data_folder)
    answers = evaluate.ask(model_path, model, found, paths, labels)
    net, card = exporters.with_pixels(*model, dtype="float32")  # the converter makes the input uint8 by itself
    ours = []
    with exporters.converting("TensorFlow's converter to int8"):
        raw = _converted(net, card, found)
        ask = exporters.tflite(raw)
        with console.progress("evaluating int8", len(paths)) as advance:
            for path in paths:
                p = ask(_pixels(path, card)[None])[0]
                ours.append(int(p.argmax()) if len(p) > 1 else int(p[0] > 0.5))
                advance()
    figures: Result = {
        "model": str(model_path),
        "data": str(data_folder),
        "split": split,
        "pictures": len(paths),
        "int8": int((np.array(ours) == answers.labels).sum()),
        "float32": int(answers.right.sum()),
        "agree": int((np.array(ours) == answers.guesses).sum()),
        "bytes": len(raw),
    }
    write_sidecar(out, card.value())
    files.write_json(out.with_suffix(".accuracy.json"), figures)
    with files.writing(out) as file:
        file.write(raw)
    return out, figures


def _pixels(path, card):
    r = card.recipe
    return load_image(path, (r.height, r.width), r.resize)


def _converted(net, card, found: Folder) -> bytes:
    tf, _ = runtime.load()
    learned = found.split("train" if "train" in found.splits else "all").files
    shown = [learned[i] for i in np.linspace(0, len(learned) - 1, min(SHOWN, len(learned))).astype(int)]
    r = card.recipe

    def pictures() -> Iterator[list[Any]]:
        for value in (0, 255):  # the whole span, or a level would not be a level
            yield [np.full((1, r.height, r.width, 3), value, np.float32)]
        for path in shown:
            yield [_pixels(path, card)[None].astype(np.float32)]

    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        console.working("quantizing", on_output=True),
    ):
        warnings.simplefilter("ignore")
        with runtime.quietly():
            net.export(folder, format="tf_saved_model", verbose=False)
            converter = tf.lite.TFLiteConverter.from_saved_model(folder)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = pictures
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tf.uint8
            return bytes(converter.convert())
