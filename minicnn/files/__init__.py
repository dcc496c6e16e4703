"""Model files: Keras 3's config plus arrays by layer path, whatever dialect they came in.

    model = read("shirt.keras")                  ModelFile: config, weights, compile_config, optimizer, classifier
    write("shirt.keras", model)                  the ending says which format: .keras, .h5, .json; Keras opens it
    read_weights("x.weights.h5", model.config)   {layer path: [arrays]}
    write_weights("x.weights.h5", model)
    read_card("shirt.keras")                     classifier.json: what to do with a photograph
    resolve_card("shirt.keras", ...)             the same, with what the flags, the folder and the model tell

    formats.py                     which format a file is of
    keras_zip.py, keras_h5.py      .keras; .h5 and .weights.h5 (hdf5/ reads HDF5, layout.py knows where the arrays lie)
    tfjs.py, tfjs_limits.py        TensorFlow.js, and what it lacks
    onnx_reader/                   ONNX, as PyTorch writes it: operators, and axes, made Keras's
    architecture.py                model.to_json(), its weights beside it
    dialect.py, compiling.py       Keras 2's and 3's configs, compile settings too, made Keras 3's (spellings.py)
    keras1.py, legacy.py           Keras 1's made Keras 2's; and written as Keras 2 did
    functional.py, graph.py        the graph of a Functional config
    names.py                       arrays that are known by name alone
    classifier.py, resolve.py      classifier.json, and who else may tell what it tells
    preprocess.py                  ways of preparing pixels that have names
    probabilities.py               what classifier.json makes of a model's outputs
    place.py, zipped.py            a model's folder, or a zip with one: Teachable Machine's exports
    opening.py, atomic.py, pipe.py    files from others, files that are never half, what a command prints to

This package knows formats and no layer. What comes from outside is never trusted: nothing in a file is executed or
looked up by name, sizes are bounded by the file's own, and every fault is one ValueError that names the path.
"""

from .atomic import replacing
from .classifier import NONE_OF_THESE, PILLOW_FILTERS, check_supported, make_card, read_sidecar, write_sidecar
from .dialect import model_config
from .formats import ENDINGS, read, read_card, read_weights, write, write_card, write_weights
from .functional import parse_functional
from .graph import NESTED, Graph, LayerCall, TensorRef
from .layout import walk_layers
from .model_file import ModelFile
from .opening import naming
from .pipe import any_name, closed_pipe
from .place import model_path
from .preprocess import WAYS, preprocess
from .probabilities import FLOOR, logits_of, probabilities_of
from .resolve import ResolvedCard, read_class_names, resolve_card

__all__ = [
    "NESTED",
    "NONE_OF_THESE",
    "ENDINGS",
    "FLOOR",
    "Graph",
    "LayerCall",
    "ModelFile",
    "PILLOW_FILTERS",
    "ResolvedCard",
    "TensorRef",
    "WAYS",
    "any_name",
    "check_supported",
    "closed_pipe",
    "logits_of",
    "make_card",
    "model_config",
    "model_path",
    "naming",
    "parse_functional",
    "preprocess",
    "probabilities_of",
    "read",
    "read_card",
    "read_class_names",
    "read_sidecar",
    "read_weights",
    "replacing",
    "resolve_card",
    "walk_layers",
    "write",
    "write_card",
    "write_sidecar",
    "write_weights",
]
