"""Model files: Keras 3's config plus arrays by layer path, whatever dialect they came in.

    model = read("shirt.keras")                  ModelFile: config, weights, compile_config, optimizer, classifier
    write_keras("shirt.keras", model)            Keras opens it; written beside, then renamed

This package knows formats and no layer. What comes from outside is never trusted: nothing in a file is executed or
looked up by name, sizes are bounded by the file's own, and every fault is one ValueError that names the path.
"""

from . import keras_zip
from .classifier import read_sidecar, write_sidecar
from .graph import (
    Call,
    Graph,
    LayerCalls,
    Tensor,
    check_graph,
    functional_config,
    keras_order,
    parse_functional,
    sequential_config,
    serialized,
)
from .keras_zip import compile_config
from .model_file import ModelFile
from .opening import mapped, naming

__all__ = [
    "Call",
    "Graph",
    "LayerCalls",
    "ModelFile",
    "Tensor",
    "check_graph",
    "compile_config",
    "functional_config",
    "keras_order",
    "parse_functional",
    "read",
    "read_sidecar",
    "sequential_config",
    "serialized",
    "write_keras",
    "write_sidecar",
]


def read(path, optimizer=True):
    """Read a model file of any kind; its content says which.

    Parameters
    ----------
    path : str or PathLike
    optimizer : bool
        Whether the optimizer's state is read too.

    Returns
    -------
    model : ModelFile

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.
    """
    with naming(path), mapped(path) as view:
        start = bytes(view[:8])
        if start[:4] in (b"PK\3\4", b"PK\5\6"):
            return keras_zip.read(view, optimizer)
        raise ValueError("this is no model file: neither .keras (a zip) nor HDF5 nor a TF.js model.json.")


def write_keras(path, model):
    """Write `model` as a `.keras` file that Keras opens; `path` holds the old file or the whole new one, never half.

    Raises
    ------
    ValueError
        The file can't be written, or an array belongs to no layer of the config.
    """
    keras_zip.write(path, model)
