"""Write a model's file in another format: Keras's .keras or .h5, or TensorFlow.js's model.json."""

import os
import tempfile
from pathlib import Path

import numpy as np

from ..files import ENDINGS
from ..models import load_model


def export(model_path: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[Path]:
    """Write a model file's model to a new file, in the format that its ending names.

    The classifier.json travels: inside of .keras, as a file beside the others.

    Parameters
    ----------
    model_path : str or PathLike
        A model's file.
    out : str or PathLike
        `NAME.keras`, `NAME.h5` or `NAME.json`, a name that is free; its folder is made.

    Returns
    -------
    files : list of Path
        `out` first, then what lies beside it: the shards of a model.json, the classifier.json.

    Raises
    ------
    ValueError
        The ending is another one, one of the names is taken, the weights are not finite, or the format can't hold the
        model.
    """
    out = Path(out)
    if not out.name.endswith(ENDINGS) or out.name.endswith(".weights.h5"):
        raise ValueError(f"`out` must end in .keras, .h5, or .json (for TensorFlow.js). Received: {out}.")
    _need_free(out)
    model = load_model(model_path)
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise ValueError(f"{model_path} holds weights that are not finite numbers, as after a training that diverged.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.stem[:40]}.", suffix=".part", dir=out.parent) as workshop:
            model.save(Path(workshop, out.name))
            written = sorted(Path(workshop).iterdir(), key=lambda file: (file.name == out.name, file.name))
            for file in written:
                if not _same(file, out.with_name(file.name)):
                    _need_free(out.with_name(file.name))
            for file in written:  # `out` comes last, when all that it wants is there
                file.replace(out.with_name(file.name))
    except OSError as fault:
        raise ValueError(f"{out} can't be written: {fault.strerror or fault}.") from None
    return [out.with_name(file.name) for file in reversed(written)]


def _need_free(path: Path) -> None:
    if path.exists():
        raise ValueError(f"`out` must be a new file, so that nothing is overwritten. Received: {path}, which is there.")


def _same(new: Path, old: Path) -> bool:
    """Whether a file beside a model is there already, as the classifier.json of another format's export is."""
    return new.name.endswith(".classifier.json") and old.is_file() and new.read_bytes() == old.read_bytes()
