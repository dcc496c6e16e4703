"""classifier.json: what a model file says about its pictures, so that `predict` needs no flags.

It is one more member of the .keras zip; minicnn.files reads and writes it for both packages.
"""

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minicnn.data import RESIZE
from minicnn.files import check_supported, make_card, read_card, resolve_card, write_card

from .. import runtime
from ..pictures import Recipe
from ..runtime import console, first_line
from ..types import AnyPath, Net

ABLE: dict[str, tuple[Any, ...]] = {  # of classifier.json's fields, what is done here
    "task": ("one",),
    "channels": (3,),
    "invert": (False,),
    "crop": ("none",),
    "resize": tuple(RESIZE),
    "order": ("rgb",),
}


@dataclasses.dataclass(frozen=True)
class Card:
    """What a classifier needs to be told beside its layers.

    Parameters
    ----------
    class_names : tuple of str, in the order of the outputs
    recipe : Recipe, for its pictures
    output : "logits" or "probabilities"
    split : dict or None
        What it learned from, see `minicnn.data.split_field`.
    temperature : float or None
        What logits are divided by.
    threshold : float or None
        The probability below which the answer is "none of these".
    """

    class_names: tuple[str, ...]
    recipe: Recipe
    output: str = "logits"
    split: dict[str, Any] | None = None
    temperature: float | None = None
    threshold: float | None = None

    def value(self) -> dict[str, Any]:
        """Return the object of classifier.json."""
        r = self.recipe
        judged = {"split": self.split, "temperature": self.temperature, "threshold": self.threshold}
        return make_card(self.class_names, (r.height, r.width), self.output, r.resize, r.scale, r.offset, **judged)


def from_value(value: dict[str, Any], where: AnyPath) -> Card:
    """Return the card that a classifier.json describes.

    Parameters
    ----------
    value : dict, checked by minicnn.files
    where : str or path, what an error calls it

    Returns
    -------
    card : Card

    Raises
    ------
    ValueError
        It asks for what can't be done here.
    """
    try:
        check_supported(value, **ABLE)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    scale, offset = value["scale"], value["offset"]
    if isinstance(scale, list) or isinstance(offset, list):
        raise ValueError(f"{where}: classifier.json scales each channel for itself, which can't be done here.")
    height, width = value["size"]
    recipe = Recipe(height, width, value["resize"], float(scale), float(offset))
    judged = value["split"], value["temperature"], value["threshold"]
    return Card(tuple(value["class_names"]), recipe, value["output"], *judged)


def save(net: Net, path: AnyPath, card: Card) -> None:
    """Save a Keras model with its card; an error leaves whatever was at `path` before.

    Parameters
    ----------
    net : keras.Model
    path : str or path of a .keras file
    card : Card

    Raises
    ------
    ValueError
        It can't be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.stem[:40]}.", suffix=".partial", dir=path.parent) as workshop:
            whole = Path(workshop, path.name)  # Keras writes to names alone
            net.save(whole)
            describe(whole, card)
            whole.replace(path)
    except (OSError, RuntimeError) as error:  # the second is HDF5's word for a disk that is full
        reason = getattr(error, "strerror", None) or first_line(error)
        raise ValueError(f"{path} can't be written: {reason}.") from None


def describe(path: AnyPath, card: Card) -> None:
    """Write (or replace) the card of a .keras file that is already there.

    Parameters
    ----------
    path : str or path of a .keras file
    card : Card
    """
    write_card(path, card.value())


def load(
    path: AnyPath,
    class_names: Sequence[str] | None = None,
    compiled: bool = False,
    *,
    size: Sequence[int] | None = None,
    scale: float | None = None,
    offset: float | None = None,
    temperature: float | None = None,
    threshold: float | None = None,
) -> tuple[Net, Card, str | None]:
    """Load a model file and its card, and complete the card by who knows more: see `minicnn.files.resolve_card`.

    Flags win over the card, the card over labels.txt beside the file, that over what the model itself says.

    Parameters
    ----------
    path : str or path of a .keras or .h5 file
    class_names : names that take the place of the card's, or None
    compiled : bool
        Whether loss and optimizer are restored too.
    size : (height, width) in pixels, scale, offset, temperature, threshold
        What takes the place of the card's, or None.

    Returns
    -------
    net : keras.Model
    card : Card
    sentence : str, what was guessed, or None where all was known

    Raises
    ------
    ValueError
        The file can't be read, or the net takes another size or has another number of classes.
    """
    net = load_net(path, compiled)
    known = read_card(path)
    told = {} if known is not None else _told_by(net if compiled else load_net(path, True), path)
    flags = {
        "class_names": None if class_names is None else list(class_names),
        "size": None if size is None else list(size),
        "scale": scale,
        "offset": offset,
        "temperature": temperature,
        "threshold": threshold,
    }
    resolved = resolve_card(path, flags=flags, card=known, model=told, guess=_guess(net))
    card = from_value(resolved.value, path)
    _check_fits(net, card, path)
    return net, card, resolved.sentence or None


def _check_fits(net, card, path):
    """Refuse a card of another net: another number of classes, another size."""
    units = net.output_shape[-1] if isinstance(net.output_shape, tuple) else None
    if units != len(card.class_names) and (units, len(card.class_names)) != (1, 2):
        raise ValueError(f"{path} answers {units} classes, but {len(card.class_names)} class names are known for it.")
    shape, (height, width) = net.input_shape, (card.recipe.height, card.recipe.width)
    if len(shape) == 4 and (shape[1] not in (None, height) or shape[2] not in (None, width)):
        raise ValueError(f"{path} takes pictures of {shape[1]} x {shape[2]} px. Received: size {height} x {width}.")
    if len(shape) == 4 and None in shape[1:3]:
        try:
            net.compute_output_shape((1, height, width, shape[3]))
        except ValueError as error:
            what = f"size {height} x {width} ({first_line(error)})"
            raise ValueError(f"{path} needs larger pictures. Received: {what}.") from None


def load_net(path: AnyPath, compiled: bool = False) -> Net:
    """Load a model file with safe_mode on.

    Parameters
    ----------
    path : str or path of a .keras or .h5 file
    compiled : bool
        Whether loss and optimizer are restored too.

    Returns
    -------
    net : keras.Model

    Raises
    ------
    ValueError
        It is not there, or no Keras model.
    """
    _, keras = runtime.load()
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"The model {path} is not there; give a .keras file, such as a run folder's final.keras.")
    try:
        with console.working(f"loading {path.name}"):
            return keras.saving.load_model(path, compile=compiled, safe_mode=True)
    except Exception as error:  # zip, h5py and Keras's own reading raise nearly every kind there is
        raise ValueError(f"{path} cannot be loaded as a Keras model: {first_line(error)}") from None


def _told_by(net, path):
    """Return what a net's own layers and its loss tell: its size, whether it scales pixels, what it answers."""
    shape, told = net.input_shape, {}
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise ValueError(f"{path} holds no classifier.json and takes {shape}, not RGB pictures.")
    if None not in shape[1:3]:
        told["size"] = list(shape[1:3])
    inner = [layer for part in net.layers for layer in getattr(part, "layers", [part])]
    if any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in inner):
        told["scale"], told["offset"] = 1.0, 0.0
    logits = getattr(getattr(net, "loss", None), "from_logits", None)
    if _ends_in_probabilities(net):  # whatever the loss says
        told["output"] = "probabilities"
    elif logits is not None:
        told["output"] = "logits" if logits else "probabilities"
    return told


def _ends_in_probabilities(net):
    last = net.layers[-1]
    while getattr(last, "layers", None):
        last = last.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    return type(last).__name__ == "Softmax" or activation in ("softmax", "sigmoid")


def _guess(net):
    """Return what is taken where nobody tells: the course's way with pictures."""
    units = net.output_shape[-1] if isinstance(net.output_shape, tuple) else 2
    names = [str(i) for i in range(max(units, 2))]
    taken = {"resize": Recipe.resize, "scale": Recipe.scale, "offset": Recipe.offset}
    return {"class_names": names, "output": "logits", **taken}
