"""Read and write model files of any kind: their content says which they are, and the ending which they shall be."""

import os

from ..types import AnyPath
from . import architecture, keras_h5, keras_zip, onnx_reader, tfjs
from .classifier import read_sidecar, sidecar, write_sidecar
from .dialect import check_meaning
from .hdf5 import SIGNATURE
from .model_file import Config, ModelFile, Weights
from .names import without_slashes
from .opening import mapped, naming, parse_json
from .place import model_path, opened, packed

ENDINGS: tuple[str, ...] = (".keras", ".h5", ".hdf5", ".json")  # of whole models, .json being TensorFlow.js's


def read(path: AnyPath, optimizer: bool = True, weights: AnyPath | None = None) -> ModelFile:
    """Read a model file of any kind; its content says which.

    Parameters
    ----------
    path : str or PathLike
        A `.keras` file, whole-model HDF5, a TF.js `model.json`, the JSON of `model.to_json()` or an ONNX file, whatever
        it is called; or a folder or a zip that holds one of them, as Teachable Machine exports it.
    optimizer : bool
        Whether the optimizer's state is read too.
    weights : str or PathLike, optional
        With the JSON of `model.to_json()`: the file of its weights; by default the one beside it that is called alike.

    Returns
    -------
    model : ModelFile

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Sequential([Input((4,)), Dense(2)]).save(f"{folder}/net.keras")
    ...     model = read(f"{folder}/net.keras")
    >>> model.config["class_name"], [array.shape for array in model.weights["dense"]]
    ('Sequential', [(4, 2), (2,)])
    """
    path = model_path(path)
    with naming(path), opened(path) as (place, raw):
        view = memoryview(raw)
        start = bytes(view[:8])
        document = parse_json(view, "JSON text") if start.lstrip()[:1] == b"{" else {}
        if weights is not None and not architecture.is_architecture(document):
            raise ValueError(f"`weights` go with the JSON of model.to_json() alone. Received: weights={weights!r}.")
        if start[:4] in (b"PK\3\4", b"PK\5\6"):
            model = keras_zip.read(view, optimizer)
        elif start == SIGNATURE:
            model = keras_h5.read(view, optimizer)
        elif architecture.is_architecture(document):
            model = architecture.read(document, path, weights)
        elif document:
            model = tfjs.read(document, place)
        elif onnx_reader.is_onnx(start, path):
            model = onnx_reader.read(view, place)
        else:
            raise ValueError(
                "this is no model file: neither .keras (a zip) nor HDF5 nor JSON (TF.js, model.to_json()) nor ONNX."
            )
        check_meaning(model.config, model.keras_version)
        without_slashes(model)
    if model.classifier is None:  # Keras's own save drops it from a zip; other formats have it beside them
        model.classifier = read_sidecar(path)
    return model


def read_card(path: AnyPath) -> Config | None:
    """Read the classifier.json in a model's file or beside it.

    Parameters
    ----------
    path : str or PathLike
        The model's file.

    Returns
    -------
    card : dict or None
        Checked, in version 2; None where there is none.

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.files import ModelFile, make_card
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/net.keras", ModelFile({"config": {"name": "net", "layers": []}}))
    ...     _ = write_card(f"{folder}/net.keras", make_card(["dress", "hat"], (64, 64)))
    ...     read_card(f"{folder}/net.keras")["class_names"]
    ['dress', 'hat']
    """
    path = model_path(path)
    with naming(path), opened(path) as (_, raw):
        card = keras_zip.read_card(memoryview(raw)) if bytes(raw[:2]) == b"PK" else None
    return read_sidecar(path) if card is None else card


def write_card(path: AnyPath, card: Config) -> str:
    """Put a classifier.json into a `.keras` file, or beside a model of another format.

    Parameters
    ----------
    path : str or PathLike
        The model's file. A classifier.json that it has is replaced, all else stays.
    card : dict
        As `make_card` returns it.

    Returns
    -------
    path : str
        The file that has it now.

    Raises
    ------
    ValueError
        A field that is not as it should be, or a file that can't be written.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.files import ModelFile, make_card
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/net.h5", ModelFile({"config": {"name": "net", "layers": []}}))
    ...     os.path.basename(write_card(f"{folder}/net.h5", make_card(["dress", "hat"], (64, 64))))
    'net.classifier.json'
    """
    path = model_path(path)
    with naming(path), mapped(path) as view:
        zipped = bytes(view[:2]) == b"PK"  # and not at the end, where HDF5 may have a zip too
    if not zipped or packed(path):
        write_sidecar(path, card)
        return sidecar(path)
    keras_zip.write_card(path, card)
    return path


def read_weights(path: AnyPath, config: Config) -> Weights:
    """Read the arrays for a model from `.weights.h5`, or from a whole-model `.h5` or `.keras` file.

    Parameters
    ----------
    path : str or PathLike
    config : dict
        The model's serialized form, as `ModelFile.config`.

    Returns
    -------
    weights : dict
        Layer path -> list of arrays, as `ModelFile.weights`.

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Sequential([Input((4,)), Dense(2)]).save(f"{folder}/net.h5")
    ...     config = read(f"{folder}/net.h5").config
    ...     list(read_weights(f"{folder}/net.h5", config))
    ['dense']
    """
    return architecture.read_weights(path, config)


def write(path: AnyPath, model: ModelFile) -> None:
    """Write a model as its ending says.

    `path` holds the old file or the whole new one, never half. Beside `.h5` and `.json`, classifier.json becomes a
    file of its own.

    Parameters
    ----------
    path : str or PathLike
        `NAME.keras`, `NAME.h5`, or `NAME.json` (TF.js; its shards beside it).
    model : ModelFile

    Raises
    ------
    ValueError
        The ending is none of these, the file can't be written, or an array belongs to no layer of the config.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/net.h5", ModelFile({"class_name": "Sequential", "config": {"name": "net", "layers": []}}))
    ...     read(f"{folder}/net.h5").config["config"]["name"]
    'net'
    """
    name = os.fspath(path)
    if name.endswith(".keras"):
        keras_zip.write(path, model)
        return
    writer = keras_h5.write if name.endswith((".h5", ".hdf5")) else tfjs.write if name.endswith(".json") else None
    if writer is None:
        raise ValueError(f"A model's file must end in .keras, .h5 or .json. Received: {name!r}.")
    writer(path, model)
    if model.classifier is not None:
        write_sidecar(path, model.classifier)


def write_weights(path: AnyPath, model: ModelFile) -> None:
    """Write a model's arrays alone, as Keras's save_weights does.

    Parameters
    ----------
    path : str or PathLike
        `NAME.weights.h5`.
    model : ModelFile

    Raises
    ------
    ValueError
        The file can't be written, or an array belongs to no layer of the config.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Sequential([Input((4,)), Dense(2)]).save(f"{folder}/net.keras")
    ...     model = read(f"{folder}/net.keras")
    ...     write_weights(f"{folder}/net.weights.h5", model)
    ...     list(read_weights(f"{folder}/net.weights.h5", model.config))
    ['dense']
    """
    keras_h5.write_weights(path, model)
