"""Augmentation: layers that change pictures at random in training, and pass them on unchanged otherwise.

    y = x, at inference

Training does not run them: pictures are augmented where they are read. A model file that holds such layers predicts
as in Keras, and what is saved holds them again, settings and all.

Source: Keras 3, image preprocessing and noise layers.
"""

from typing import Any

from ..types import Array
from .base import Layer

NAMES: tuple[str, ...] = (
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomElasticTransform",
    "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
    "RandomTranslation", "RandomZoom", "AlphaDropout", "GaussianDropout",
)  # fmt: skip


class Augmentation(Layer):
    """A layer of Keras's that is the identity at inference; its settings are kept as they came.

    Parameters
    ----------
    name : str, optional
        As in `Layer`.
    **settings : anything
        Keras's arguments of this layer, for the file that it is written to.

    Raises
    ------
    RuntimeError
        In training, which these layers take no part in.

    Examples
    --------
    >>> from minicnn.layers import LAYERS
    >>> flip = LAYERS["RandomFlip"].from_config({"name": "flip", "mode": "horizontal"})
    >>> flip([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    >>> flip.get_config()["mode"]
    'horizontal'
    """

    settings: dict[str, Any]

    def __init__(self, name: str | None = None, **settings: Any):
        super().__init__(name)
        self.settings = settings

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        if training:
            raise RuntimeError(
                f"Layer '{self.name}' ({self.class_name}) changes its input at random in training. "
                f"minicnn leaves that to where pictures are read: train a model without this layer."
            )
        return x, None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return dy if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return self.settings


AUGMENTATIONS: dict[str, type[Layer]] = {
    name: type(name, (Augmentation,), {"__doc__": f"Keras's {name}, the identity at inference."}) for name in NAMES
}
