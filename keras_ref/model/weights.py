"""Where weights come from: Keras's ImageNet files, a weights file in Keras's layout, or another classifier."""

import os
from pathlib import Path

from minicnn.data import name_weights

from .. import runtime
from ..runtime import console, first_line
from ..types import AnyPath, Net
from . import card

NOTOP: tuple[str, str] = (
    "xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "b0042744bf5b25fce3cb969f33bebb97",
)
TOP: tuple[str, str] = ("xception_weights_tf_dim_ordering_tf_kernels.h5", "0a58e3b7378bc2990ea3b43d5981f1f6")
CLASS_INDEX: tuple[str, str] = ("imagenet_class_index.json", "c2c37ea517e94d9795004a39431a14cb")


def load_base(base: Net, weights: AnyPath, title: str = "Xception") -> None:
    """Load weights into a base without its top.

    Parameters
    ----------
    base : keras.Model
    weights : "imagenet", or the path of a weights file in Keras's layout or of a classifier's .keras file
    title : its name in keras.applications

    Raises
    ------
    ValueError
        The file is not there, or holds other weights.
    """
    if weights == "imagenet" and title != "Xception":
        base.set_weights(_imagenet_weights(title, base.input_shape[1:]))
        return
    path = imagenet_file(*NOTOP) if weights == "imagenet" else Path(weights)
    if not path.is_file():
        example = f" ({NOTOP[0]})" if title == "Xception" else ""
        raise ValueError(
            f"The weights file {path} is not there; give imagenet, none, or a file in Keras's layout{example}."
        )
    load_file(base, path, f"{title} without its top")


def _imagenet_weights(title, shape):
    """Return Keras's ImageNet weights of another base, which Keras downloads into its own cache."""
    _, keras = runtime.load()
    try:
        return getattr(keras.applications, title)(include_top=False, input_shape=shape).get_weights()
    except Exception as error:  # urllib, socket and Keras itself fail in their own ways; the remedy is one
        raise ValueError(
            f"{title}'s ImageNet weights could not be downloaded ({first_line(error)}); pass a file of them with "
            "--weights FILE, or --weights none."
        ) from None


def load_top(net: Net, weights: AnyPath) -> None:
    """Load weights into an Xception with its top.

    Parameters
    ----------
    net : keras.Model
    weights : "imagenet", or the path of a weights file in Keras's layout

    Raises
    ------
    ValueError
        The file is not there, or holds other weights.
    """
    path = imagenet_file(*TOP) if weights == "imagenet" else Path(weights)
    if not path.is_file():
        raise ValueError(f"The weights file {path} is not there; give a file in Keras's layout ({TOP[0]}).")
    load_file(net, path, "Xception with its top")


def load_whole(net: Net, path: AnyPath) -> None:
    """Load all weights of a classifier, those of its head too.

    Parameters
    ----------
    net : keras.Model, as `model.build` makes it
    path : str or path of a classifier's .keras or .h5 file

    Raises
    ------
    ValueError
        The file can't be read, or its base or its head has another form.
    """
    trained = card.load_net(path)
    ours, theirs = ([(v.path.rpartition("/")[2], tuple(v.shape)) for v in found.weights] for found in (net, trained))
    if ours != theirs:
        raise ValueError(
            f"{path} is another net than the settings describe: its head has the arrays {_head_shapes(trained)}, "
            f"the settings make {_head_shapes(net)}; give --inner and --from that fit."
        )
    net.set_weights(trained.get_weights())


def _head_shapes(net):
    return [tuple(v.shape) for layer in net.layers if layer is not find_base(net) for v in layer.weights]


def load_file(net: Net, path: Path, what: str) -> None:
    """Load a weights file, or the base of a whole model's .keras or .h5 file.

    Parameters
    ----------
    net : keras.Model
    path : Path
    what : str, what the file should hold

    Raises
    ------
    ValueError
        It holds something else.
    """
    try:
        whole = _whole_model(path)
        if whole is None:
            net.load_weights(path)
            return
    except Exception as error:  # h5py and Keras raise many kinds; what matters is that the file does not fit
        raise ValueError(f"{path} does not hold the weights of {what}: {first_line(error)}") from None
    base = find_base(whole)
    if base is None:
        raise ValueError(f"{path} holds no nested base to take weights from.")
    arrays = base.get_weights()
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in net.weights]:
        raise ValueError(
            f"{path} does not hold the weights of {what}: its base is {base.name}, "
            f"with {len(arrays)} arrays of other shapes than the {len(net.weights)} here."
        )
    net.set_weights(arrays)
    console.note(f"Of {path} the base is taken, and not the head; --from {path} goes on with both.")


def _whole_model(path):
    """Load a file that holds layers beside their weights; return None for one of weights alone."""
    _, keras = runtime.load()
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except ValueError as error:
        if path.suffix == ".keras" or "model config" not in str(error).lower():
            raise
        return None


def named(net: Net) -> str:
    """Say which weights a classifier's base holds.

    Parameters
    ----------
    net : keras.Model

    Returns
    -------
    sentence : str, empty for a net without a nested base
    """
    base = find_base(net)
    return f"Its base holds {name_weights(base.get_weights())}." if base is not None else ""


def find_base(net: Net) -> Net | None:
    """Return the nested model with the most layers, or None.

    Parameters
    ----------
    net : keras.Model

    Returns
    -------
    base : keras.Model or None
    """
    _, keras = runtime.load()
    nested = [layer for layer in net.layers if isinstance(layer, keras.Model)]
    return max(nested, key=lambda layer: len(layer.layers), default=None)


def imagenet_file(name: str, md5: str, folder: str = "xception") -> Path:
    """Return the path of one of Keras's ImageNet files, downloaded into Keras's own cache where that is needed.

    Parameters
    ----------
    name : str
    md5 : str, 32 hex digits
    folder : "xception" or "classes", where Keras keeps it

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        It could not be downloaded; the sentence says which file to put where.
    """
    _, keras = runtime.load()
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    addresses = {
        "xception": "https://storage.googleapis.com/tensorflow/keras-applications/xception/",
        "classes": "https://storage.googleapis.com/download.tensorflow.org/data/",
    }
    try:
        return Path(keras.utils.get_file(name, addresses[folder] + name, cache_subdir="models", file_hash=md5))
    except Exception as error:  # urllib, socket and Keras itself fail in their own ways; the remedy is one
        raise ValueError(
            f"The file {name} could not be downloaded ({first_line(error)}). On a machine with a network fetch "
            f"{addresses[folder] + name} (md5 {md5}) and put it at {cache / name}"
            + (", or pass it with --weights FILE." if folder == "xception" else ".")
        ) from None
