"""Augmentation: layers that change pictures at random in training, and pass them on unchanged otherwise.

    y = x, at inference

Training does not run them: pictures are augmented where they are read. A model file that holds such layers predicts
as in Keras, and what is saved holds them again, settings and all.

Source: Keras 3, image preprocessing and noise layers.
"""

from .base import Layer

NAMES = (
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomElasticTransform",
    "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
    "RandomTranslation", "RandomZoom", "AlphaDropout", "GaussianDropout", "GaussianNoise",
)  # fmt: skip


class Augmentation(Layer):
    """A layer of Keras's that is the identity at inference; its settings are kept as they came."""

    def __init__(self, name=None, **settings):
        super().__init__(name)
        self.settings = settings

    def _forward(self, x, training):
        if training:
            raise RuntimeError(
                f"Layer '{self.name}' ({self.class_name}) changes its input at random in training. "
                f"minicnn leaves that to where pictures are read: train a model without this layer."
            )
        return x, None

    def _backward(self, dy, saved, need_dx):
        return dy if need_dx else None

    def _settings(self):
        return self.settings


AUGMENTATIONS = {
    name: type(name, (Augmentation,), {"__doc__": f"Keras's {name}, the identity at inference."}) for name in NAMES
}
