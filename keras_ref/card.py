"""classifier.json: what a model file says about its pictures, so that `predict` needs no flags.

It is one more member of the .keras zip; minicnn.files reads and writes it for both packages.
"""

import dataclasses
import zipfile
from pathlib import Path

from keras_ref import console, runtime
from keras_ref.data import Recipe
from keras_ref.errors import Refusal
from keras_ref.files import beside
from minicnn.data import RESIZE
from minicnn.files import classifier, read_card, write_card

MEMBER = "classifier.json"
ABLE = {  # of classifier.json's fields, what is done here
    "task": ("one",), "channels": (3,), "invert": (False,), "crop": ("none",), "resize": tuple(RESIZE),
    "order": ("rgb",), "temperature": (None,), "threshold": (None,),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Card:
    """A classifier's class names in index order, its picture recipe, and whether it answers logits or probabilities."""

    class_names: tuple[str, ...]
    recipe: Recipe
    output: str = "logits"
    split: dict | None = None

    def value(self):
        """Give the object of classifier.json."""
        r = self.recipe
        return classifier.describe(
            self.class_names, (r.height, r.width), self.output, r.resize, r.scale, r.offset, split=self.split
        )

    def to_json(self):
        """Give the text of classifier.json."""
        return classifier.dump(self.value()).decode()


def parse(text, where):
    """Read the text of a classifier.json found at `where`."""
    try:
        return _able(classifier.parse(text.encode()), where)
    except Refusal:
        raise
    except ValueError as error:
        raise Refusal(f"{where}: {error}") from None


def _able(value, where):
    try:
        classifier.need_able(value, **ABLE)
    except ValueError as error:
        raise Refusal(f"{where}: {error}") from None
    scale, offset = value["scale"], value["offset"]
    if isinstance(scale, list) or isinstance(offset, list):
        raise Refusal(f"{where}: classifier.json scales each channel for itself, which can't be done here.")
    recipe = Recipe(*value["size"], value["resize"], float(scale), float(offset))
    return Card(tuple(value["class_names"]), recipe, value["output"], value["split"])


def save(net, path, card):
    """Save a Keras model with its card; an error leaves whatever was at `path` before."""
    with beside(path) as partial:
        try:
            net.save(partial)
            with zipfile.ZipFile(partial, "a") as archive:
                archive.writestr(MEMBER, card.to_json())
        except RuntimeError as error:  # HDF5's word for a disk that is full
            raise OSError(str(error).splitlines()[0]) from None


def describe(path, card):
    """Write (or replace) the card of a .keras file that is already there."""
    write_card(path, card.value())


def load(path, class_names=None, compiled=False, **recipe):
    """Load a model file and its card; without a card one is made up from the model, and a sentence says so.

    Class names and the fields of a Recipe that are given take the place of what the card says.

    Returns
    -------
    (net, card, sentence or None)
    """
    net = load_net(path, compiled)
    value = read_card(path)
    if value is not None:
        card, sentence = _able(value, path), None
    else:
        card, sentence = _guess(path, load_net(path, True)), f"{path} holds no classifier.json: "
        sentence += f"classes are numbered, pictures are taken at {card.recipe.height} px, the output as {card.output}."
    if class_names is not None:
        card = dataclasses.replace(card, class_names=tuple(class_names))
    card = dataclasses.replace(card, recipe=dataclasses.replace(card.recipe, **recipe))
    units = net.output_shape[-1] if isinstance(net.output_shape, tuple) else None
    if units != len(card.class_names) and (units, len(card.class_names)) != (1, 2):
        raise Refusal(f"{path} answers {units} classes, but {len(card.class_names)} class names are known for it.")
    return net, card, sentence


def load_net(path, compiled=False):
    """Load a .keras (or .h5) file with safe_mode on; anything else is refused in a sentence."""
    _, keras = runtime.load()
    path = Path(path)
    if not path.is_file():
        raise Refusal(f"The model {path} is not there; give a .keras file, such as a run folder's final.keras.")
    try:
        with console.working(f"loading {path.name}"):
            return keras.saving.load_model(path, compile=compiled, safe_mode=True)
    except Exception as error:  # zip, h5py and Keras's own reading raise nearly every kind there is
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal(f"{path} cannot be loaded as a Keras model: {first}") from None


def _guess(path, net):
    shape = net.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:3] or shape[3] != 3:
        raise Refusal(
            f"{path} holds no classifier.json and takes {shape}, not pictures of one size; describe it first."
        )
    inner = [layer for part in net.layers for layer in getattr(part, "layers", [part])]
    scaled = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in inner)
    recipe = Recipe(shape[1], shape[2], **({"scale": 1.0, "offset": 0.0} if scaled else {}))
    logits = getattr(getattr(net, "loss", None), "from_logits", None)
    if logits is None:
        last = getattr(getattr(net.layers[-1], "activation", None), "__name__", "linear")
        logits = last not in ("softmax", "sigmoid")
    names = tuple(str(i) for i in range(max(net.output_shape[-1], 2)))
    return Card(names, recipe, "logits" if logits else "probabilities")
