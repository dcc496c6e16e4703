"""classifier.json: what a model file says about its pictures, so that `predict` needs no flags.

It is one more member of the .keras zip; minicnn.files reads and writes it for both packages.
"""

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minicnn.data import RESIZE
from minicnn.files import check_supported, make_card, read_card, write_card

from . import console, runtime
from .errors import first_line
from .pictures import Recipe
from .types import AnyPath, Net

ABLE: dict[str, tuple[Any, ...]] = {  # of classifier.json's fields, what is done here
    "task": ("one",),
    "channels": (3,),
    "invert": (False,),
    "crop": ("none",),
    "resize": tuple(RESIZE),
    "order": ("rgb",),
    "temperature": (None,),
    "threshold": (None,),
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
    """

    class_names: tuple[str, ...]
    recipe: Recipe
    output: str = "logits"
    split: dict[str, Any] | None = None

    def value(self) -> dict[str, Any]:
        """Return the object of classifier.json."""
        r = self.recipe
        return make_card(
            self.class_names, (r.height, r.width), self.output, r.resize, r.scale, r.offset, split=self.split
        )


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
    return Card(tuple(value["class_names"]), recipe, value["output"], value["split"])


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
    path: AnyPath, class_names: Sequence[str] | None = None, compiled: bool = False, **recipe: Any
) -> tuple[Net, Card, str | None]:
    """Load a model file and its card; without a card one is made up from the model, and a sentence says so.

    Parameters
    ----------
    path : str or path of a .keras or .h5 file
    class_names : names that take the place of the card's, or None
    compiled : bool
        Whether loss and optimizer are restored too.
    **recipe : fields of a Recipe that take the place of the card's

    Returns
    -------
    net : keras.Model
    card : Card
    sentence : str, or None where the file has a card

    Raises
    ------
    ValueError
        The file can't be read, or has another number of classes than there are names.
    """
    net = load_net(path, compiled)
    value = read_card(path)
    if value is not None:
        card, sentence = from_value(value, path), None
    else:
        card, sentence = _guess(path, load_net(path, True)), f"{path} holds no classifier.json: "
        sentence += f"classes are numbered, pictures are taken at {card.recipe.height} px, the output as {card.output}."
    if class_names is not None:
        card = dataclasses.replace(card, class_names=tuple(class_names))
    card = dataclasses.replace(card, recipe=dataclasses.replace(card.recipe, **recipe))
    units = net.output_shape[-1] if isinstance(net.output_shape, tuple) else None
    if units != len(card.class_names) and (units, len(card.class_names)) != (1, 2):
        raise ValueError(f"{path} answers {units} classes, but {len(card.class_names)} class names are known for it.")
    return net, card, sentence


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


def _guess(path, net):
    shape = net.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:3] or shape[3] != 3:
        raise ValueError(
            f"{path} holds no classifier.json and takes {shape}, not pictures of one size; describe it first."
        )
    inner = [layer for part in net.layers for layer in getattr(part, "layers", [part])]
    scaled = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in inner)
    recipe = Recipe(shape[1], shape[2])
    if scaled:  # inside the net
        recipe = dataclasses.replace(recipe, scale=1.0, offset=0.0)
    logits = getattr(getattr(net, "loss", None), "from_logits", None)
    if logits is None:
        last = getattr(getattr(net.layers[-1], "activation", None), "__name__", "linear")
        logits = last not in ("softmax", "sigmoid")
    names = tuple(str(i) for i in range(max(net.output_shape[-1], 2)))
    return Card(names, recipe, "logits" if logits else "probabilities")
