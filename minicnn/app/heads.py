"""The head of a classifier on a frozen base, anew or a trained one: an inner layer, Dropout, the logits."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..layers import Activation, Dense, Dropout, GlobalAveragePooling2D, Input, Layer, Softmax
from ..losses import CategoricalCrossentropy
from ..models import Model, card_of, is_model, load_model
from ..optimizers import Adam
from ..types import Array
from .settings import Settings

PASSED = (GlobalAveragePooling2D, Dropout)  # between base and logits, without weights


def build(base: Model, settings: Settings, classes: int) -> tuple[Model, Model]:
    """Put a head on a base.

    Parameters
    ----------
    base : Model
    settings : Settings
        `size`, `inner`, `dropout`, `lr` and `seed`.
    classes : int

    Returns
    -------
    net : Model, from pictures to logits
    head : Model, from vectors to logits; it shares its layers with `net`
        Both are compiled.
    """
    layers: list[Layer] = []
    if settings.inner:
        layers.append(Dense(settings.inner, activation="relu", name="inner"))
    if settings.dropout:
        layers.append(Dropout(settings.dropout, name="dropout"))
    layers.append(Dense(classes, name="logits"))
    image = Input((settings.size, settings.size, base.input_shape[3]))
    pooled = GlobalAveragePooling2D(name="pool")(base(image))
    vector = Input(pooled.shape[1:])
    head = Model(vector, _chain(layers, vector), name="head", seed=settings.seed)
    net = Model(image, _chain(layers, pooled), name="classifier")
    for model in (head, net):
        model.compile(Adam(settings.lr), CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return net, head


def _chain(layers: list[Layer], x: Any) -> Any:
    for layer in layers:
        x = layer(x)
    return x


class Trained:
    """A trained classifier that training goes on from.

    Parameters
    ----------
    path : str or PathLike
        A model's file: of this package's, keras_ref's or Keras's own making.

    Attributes
    ----------
    path : str or PathLike
    model : Model
        The whole net.
    weights : list of array
        Of its head: kernel and bias of each Dense layer.
    settings : dict
        Of `Settings`: size, inner and dropout, as the file has them.

    Raises
    ------
    ValueError
        After its base comes something else than a head as `build` makes it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self.model: Model = load_model(path, optimizer=False)
        dense, dropout = _head_of(self.model, path)
        self.weights: list[Array] = [array for layer in dense for array in layer.get_weights()]
        inner = dense[0].units if len(dense) == 2 else 0
        self.settings: dict[str, Any] = {"size": self.model.input_shape[1], "inner": inner, "dropout": dropout}

    def earlier(self, class_names: Sequence[str], folder: str | os.PathLike[str]) -> Any:
        """Return the `split` field of its classifier.json, for a folder of the same classes.

        Parameters
        ----------
        class_names : list of str
            Those of the folder.
        folder : str or PathLike

        Returns
        -------
        field : dict, or None where it was not written down

        Raises
        ------
        ValueError
            It knows other classes.
        """
        card = card_of(self.model, self.path).value
        if list(card["class_names"]) != list(class_names):
            raise ValueError(
                f"{self.path} knows the classes {', '.join(card['class_names'])}; {folder} has "
                f"{', '.join(class_names)}: to go on from a classifier they must be the same."
            )
        return card.get("split")


def model_file(path: str | os.PathLike[str]) -> Path:
    """Return a model's file: of a run folder, of either package, the best epoch's.

    Parameters
    ----------
    path : str or PathLike
        Of a model file or a run folder.

    Returns
    -------
    path : Path

    Examples
    --------
    >>> model_file("shirts.keras").name
    'shirts.keras'
    """
    path = Path(path)
    candidates = [path / name for name in ("model.keras", "best.keras", "final.keras")] if path.is_dir() else []
    return next((candidate for candidate in candidates if candidate.is_file()), path)


def _head_of(model: Model, path: str | os.PathLike[str]) -> tuple[list[Dense], float]:
    """Return the Dense layers after a classifier's base, and the share that is dropped before the last."""
    inside = [i for i, layer in enumerate(model.layers) if is_model(layer)]
    after = model.layers[inside[-1] + 1 :] if inside else []
    dense = [layer for layer in after if isinstance(layer, Dense)]
    rates = [layer.rate for layer in after if isinstance(layer, Dropout)]
    rest = after[:-1] if after and isinstance(after[-1], (Softmax, Activation)) else after
    usual = len(dense) in (1, 2) and len(rates) <= 1 and all(isinstance(layer, (Dense, *PASSED)) for layer in rest)
    if (
        not usual
        or not all(layer.use_bias for layer in dense)
        or any(layer.activation != "relu" for layer in dense[:-1])
    ):
        found = ", ".join(type(layer).__name__ for layer in after) or "nothing"
        raise ValueError(
            f"{path} has no head to go on from: after the base must come GlobalAveragePooling2D, a Dense layer with "
            f"ReLU or none, Dropout or none, and the Dense layer of the classes. Received: {found}."
        )
    return dense, rates[0] if rates else 0.0
