"""ONNX files of picture classifiers, as PyTorch writes them: read, and given the layers and the order of axes of Keras.

    wire.py, proto.py         the bytes; nodes, inputs and outputs in them
    tensors.py                stored tensors, in the file or beside it
    folding.py                what only constants feed
    translation.py            node by node; operators.py says which function translates which operator
    net.py, calling.py        the layers made so far, whose axes are where; what they are called
    weighted.py, windows.py, pictures.py, functions.py, shapes.py, arithmetic.py    the operators

The bytes are read here and not by the package `onnx`: a file of 6 MB that means harm takes 600 MB there before anybody
can look at it.
"""

from ..model_file import AnyBytes, ModelFile
from ..place import Place
from .operators import OPERATORS
from .proto import parse
from .tensors import Store
from .translation import Translation

ENDING: str = ".onnx"


def is_onnx(start: bytes, path: str) -> bool:
    """Tell whether a file is meant to be ONNX: by its ending, or by how one begins, with its version of the format."""
    versioned = len(start) > 1 and start[0] == 8 and 3 <= start[1] <= 31
    return versioned or path.endswith(ENDING)


def read(raw: AnyBytes, place: Place) -> ModelFile:
    """Return the ModelFile of an ONNX file.

    Parameters
    ----------
    raw : bytes or memoryview
    place : Place
        Its folder, where `net.onnx.data` may lie.

    Raises
    ------
    ValueError
        The bytes are none, or the graph has what is not read here: one sentence, with the node.
    """
    document = parse(raw)
    work = Translation(document, Store(document.stored, place, len(raw)))
    return ModelFile(*work.run(OPERATORS))


__all__ = ["ENDING", "is_onnx", "read"]
