"""Augmentation: layers that change images at random in training, and pass them on unchanged otherwise.

    y = x, at inference;     in training each image by a draw of its own:

    RandomFlip, RandomRotation, RandomZoom, RandomTranslation     read elsewhere: reference/affine_transform.py
    RandomContrast                                                y = (x - mean) * factor + mean, a mean a channel
    RandomBrightness                                              y = x + factor * (high - low)

The last two are cut to the range of values. These six train; what else Keras has of the kind predicts as in Keras, and
goes into files as it came, settings and all. Gradients end here: what learns stands after augmentation.

Source: Keras 3, image preprocessing and noise layers.
"""

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import arguments, kernels, reference
from ..types import Array, Shape
from .arguments import image_shape, one_of
from .base import Layer

NAMES: tuple[str, ...] = (
    "RandomColorDegeneration", "RandomColorJitter", "RandomElasticTransform", "RandomErasing", "RandomGaussianBlur",
    "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSaturation",
    "RandomSharpness", "RandomShear", "AlphaDropout", "GaussianDropout",
)  # fmt: skip
FREE = inspect.Parameter.empty  # an argument without a default
SPACE: dict[str, Any] = {"fill_mode": "reflect", "interpolation": "bilinear", "seed": None, "fill_value": 0.0}
COLOUR: dict[str, Any] = {"factor": FREE, "value_range": (0, 255), "seed": None}
CHOICES: dict[str, Sequence[str]] = {
    "mode": ("horizontal_and_vertical", "horizontal", "vertical"),
    "fill_mode": reference.FILL_MODES,
    "interpolation": ("bilinear", "nearest"),
}


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
        In training, which this layer takes no part in.

    Examples
    --------
    >>> from minicnn.layers import LAYERS
    >>> shear = LAYERS["RandomShear"].from_config({"name": "shear", "x_factor": 0.2})
    >>> shear([[1.0, 2.0]])
    array([[1., 2.]], dtype=float32)
    >>> shear.get_config()["x_factor"]
    0.2
    """

    settings: dict[str, Any]

    def __init__(self, name: str | None = None, **settings: Any):
        super().__init__(name)
        self.settings = settings

    def __getattr__(self, name: str) -> Any:
        """Return a setting by its name, as Keras has it: `layer.mode`, `layer.height_factor`."""
        settings = self.__dict__.get("settings", {})
        return settings[name] if name in settings else super().__getattr__(name)

    def _forward(self, x: Array, training: bool) -> tuple[Array, bool]:
        return (self._changed(x) if training else x), training

    def _changed(self, x: Array) -> Array:
        raise RuntimeError(
            f"Layer '{self.name}' ({self.class_name}) changes its input at random in training, which is not done "
            f"here; RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast and RandomBrightness are."
        )

    def _backward(self, dy: Array, changed: bool, need_dx: bool) -> Array | None:
        if changed and need_dx:
            raise RuntimeError(
                f"Layer '{self.name}' has no gradient in training: what learns must stand after augmentation."
            )
        return dy if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return self.settings


class Drawn(Augmentation):
    """An augmentation that trains: `draw` says how each image is changed, `transform` does it.

    Parameters
    ----------
    *values, **more : anything
        Keras's arguments of the layer, in its order or by name; `name`, `trainable`, `input_shape`, ... as in `Layer`.

    Attributes
    ----------
    arguments : dict
        Of a class: Keras's arguments in its order, with their defaults.
    rng : np.random.Generator
        Draws; there once the layer is built.

    Raises
    ------
    TypeError, ValueError
        An argument is none of Keras's, or does not mean anything.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomTranslation
    >>> layer = RandomTranslation((0.5, 0.5), 0, seed=1)  # half an image down
    >>> layer(np.arange(4.0).reshape(1, 4, 1, 1), training=True).ravel()
    array([1., 0., 0., 1.], dtype=float32)
    """

    arguments: ClassVar[dict[str, Any]] = {}
    least: ClassVar[float] = -1.0  # of a factor that is one number
    settings: dict[str, Any]
    __signature__: ClassVar[inspect.Signature]
    rng: np.random.Generator

    @property
    def factor(self) -> tuple[float, float]:
        """The two ends between which a factor is drawn, where Keras calls it so."""
        if "factor" not in self.settings:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'factor'")
        return _range(self.settings["factor"], self.least)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        cls.__signature__ = inspect.Signature(
            [inspect.Parameter(key, kind, default=default) for key, default in cls.arguments.items()]
        )

    def __init__(self, *values: Any, name: str | None = None, **more: Any):
        own = {key: more.pop(key) for key in self.arguments if key in more}
        Layer.__init__(self, name, **more)
        given = self.__signature__.bind(*values, **own)
        given.apply_defaults()
        self.settings = {key: self._checked(key, value) for key, value in given.arguments.items()}

    def _checked(self, key: str, value: Any) -> Any:
        """Return an argument as it is kept."""
        factor = key.endswith("factor")
        most = 1.0 if factor else arguments.LARGEST_FLOAT32
        if key in CHOICES:
            return one_of(key, value, CHOICES[key])
        if key == "seed":
            return arguments.seed(key, value)
        if key == "fill_value":
            return arguments.number(key, value)
        if factor and not isinstance(value, (tuple, list)):
            optional = self.arguments[key] is None
            return None if value is None and optional else arguments.number(key, value, self.least, 1.0)
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise ValueError(f"`{key}` must be two numbers. Received: {key}={value!r}.")
        if key == "factor":  # as in Keras, two ends need only reach into the range of one number
            low, high = (arguments.number(key, end) for end in value)
            if low > 1 or high < self.least:
                raise ValueError(f"`{key}` must reach into {self.least:g} to 1. Received: {key}={value!r}.")
            return low, high
        return tuple(arguments.number(key, end, -most, most) for end in value)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape, of a batch of images."""
        image_shape(self, input_shape)
        return input_shape

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        seed = self.settings["seed"]  # a generator of its own: what is drawn here never changes what others draw
        self.rng = rng.spawn(1)[0] if seed is None else np.random.default_rng(seed)

    def _changed(self, x: Array) -> Array:
        return self.transform(x, *self.draw(len(x)))

    def draw(self, count: int) -> list[Any]:
        """Draw what happens to so many images: for each factor, (N,)."""
        return [self.rng.uniform(*_range(self.settings[key], self.least), count) for key in self._factors()]

    def _factors(self) -> list[str]:
        return [key for key, value in self.settings.items() if key.endswith("factor") and value is not None]

    def transform(self, x: Array, /, *draws: Any) -> Array:
        """Change images as it was drawn.

        Parameters
        ----------
        x : (N, H, W, C)
        *draws : (N,)
            As `draw` returns them.
        """
        fill = [self.settings.get(key, SPACE[key]) for key in ("fill_mode", "interpolation", "fill_value")]
        matrices = np.broadcast_arrays(*self._matrix(x.shape[1] - 1, x.shape[2] - 1, *draws))
        return kernels.affine_transform_forward(x, np.stack(matrices, 1), *fill)

    def _matrix(self, bottom: int, right: int, /, *draws: Any) -> list[Any]:
        """Return the six numbers of `affine_transform_forward`, for images whose last pixel is (bottom, right)."""
        raise NotImplementedError(f"{type(self).__name__} must define _matrix.")


class RandomFlip(Drawn):
    """Mirror half of the images: left and right, top and bottom, or, by one draw, both.

    Parameters: `mode` ("horizontal_and_vertical", "horizontal" or "vertical"), `seed`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomFlip
    >>> RandomFlip("horizontal").transform(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), np.array([True])).ravel()
    array([2., 1.])
    """

    arguments: ClassVar[dict[str, Any]] = {"mode": "horizontal_and_vertical", "seed": None}

    def draw(self, count: int) -> list[Any]:
        """Draw which images are mirrored, (N,) bool."""
        return [self.rng.random(count) <= 0.5]

    def _matrix(self, bottom: int, right: int, /, *draws: Any) -> list[Any]:
        across, down = (draws[0] & (self.settings["mode"] != other) for other in ("vertical", "horizontal"))
        return [1 - 2 * across, 0, across * right, 0, 1 - 2 * down, down * bottom]


class RandomRotation(Drawn):
    """Turn images around their middle.

    Parameters: `factor` (the largest part of a full turn, or two ends), `fill_mode`, `interpolation`, `seed`,
    `fill_value`: what is read outside, see `reference.affine_transform_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomRotation
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> RandomRotation(0.5).transform(x, np.array([0.5])).ravel().round(3)  # half a turn
    array([4., 3., 2., 1.])
    """

    arguments: ClassVar[dict[str, Any]] = {"factor": FREE, **SPACE}

    def _matrix(self, bottom: int, right: int, /, *draws: Any) -> list[Any]:
        cos, sin = np.cos(2 * np.pi * draws[0]), np.sin(2 * np.pi * draws[0])
        x, y = right / 2, bottom / 2
        return [cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos]


class RandomZoom(Drawn):
    """Bring images nearer (factors below 0) or push them away.

    Parameters: `height_factor`, `width_factor` (None: as the height), `fill_mode`, `interpolation`, `seed`,
    `fill_value`. A factor is the largest part by which the size changes, or two ends.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomZoom
    >>> x = np.arange(5.0).reshape(1, 1, 5, 1)
    >>> RandomZoom(0.5).transform(x, np.array([-0.5])).ravel()  # twice as near
    array([1. , 1.5, 2. , 2.5, 3. ])
    """

    arguments: ClassVar[dict[str, Any]] = {"height_factor": FREE, "width_factor": None, **SPACE}

    def _checked(self, key: str, value: Any) -> Any:
        kept = super()._checked(key, value)
        if key.endswith("factor") and -1 in (kept if isinstance(kept, tuple) else (kept,)):
            raise ValueError(f"`{key}` must be above -1, where no image is left. Received: {key}={value!r}.")
        return kept

    def _matrix(self, bottom: int, right: int, /, *draws: Any) -> list[Any]:
        down, across = draws[0], draws[-1]
        return [1 + across, 0, -right / 2 * across, 0, 1 + down, -bottom / 2 * down]


class RandomTranslation(Drawn):
    """Move images down (factors above 0) and to the right.

    Parameters: `height_factor`, `width_factor`, `fill_mode`, `interpolation`, `seed`, `fill_value`. A factor is the
    largest part of the size, or two ends.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomTranslation
    >>> x = np.arange(4.0).reshape(1, 1, 4, 1)
    >>> RandomTranslation(0, 0.5, "constant").transform(x, np.zeros(1), np.array([0.25])).ravel()
    array([0., 0., 1., 2.])
    """

    arguments: ClassVar[dict[str, Any]] = {"height_factor": FREE, "width_factor": FREE, **SPACE}

    def _matrix(self, bottom: int, right: int, /, *draws: Any) -> list[Any]:
        down, across = draws
        return [1, 0, -across * (right + 1), 0, 1, -down * (bottom + 1)]


class RandomContrast(Drawn):
    """Stretch the values of each channel around their mean, by 1 and a factor.

    Parameters: `factor` (one number f: from 0 to f, as in Keras; or two: from minus the first to the second),
    `value_range`, `seed`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomContrast
    >>> x = np.array([10.0, 20.0, 30.0]).reshape(1, 1, 3, 1)
    >>> RandomContrast(0.5).transform(x, np.array([0.5])).ravel()
    array([ 5., 20., 35.])
    """

    arguments: ClassVar[dict[str, Any]] = COLOUR
    least: ClassVar[float] = 0.0

    def draw(self, count: int) -> list[Any]:
        """Draw by how much more than 1, (N,)."""
        low, high = _range(self.settings["factor"], self.least)
        return [self.rng.uniform(min(-low, high), max(-low, high), count)]

    def transform(self, x: Array, /, *draws: Any) -> Array:
        """Change images as it was drawn; see `Drawn`."""
        mean = x.mean(1).mean(1)[:, None, None]  # one axis after the other: at once takes NumPy ten times as long
        factor = 1 + _column(draws[0], x)
        y = x * factor
        y += mean * (1 - factor)
        return np.clip(y, *self.settings["value_range"], out=y)


class RandomBrightness(Drawn):
    """Add a part of the range of values to all.

    Parameters: `factor` (the largest part, or two ends), `value_range`, `seed`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import RandomBrightness
    >>> RandomBrightness(0.2, (0, 1)).transform(np.full((1, 1, 1, 1), 0.9), np.array([-0.5])).ravel().round(3)
    array([0.4])
    """

    arguments: ClassVar[dict[str, Any]] = COLOUR

    def transform(self, x: Array, /, *draws: Any) -> Array:
        """Change images as it was drawn; see `Drawn`."""
        low, high = sorted(self.settings["value_range"])
        y = x + _column(draws[0] * (high - low), x)
        return np.clip(y, low, high, out=y)


def _column(draws: Any, x: Array) -> Array:
    return np.asarray(draws, x.dtype).reshape(-1, 1, 1, 1)


def _range(factor: Any, least: float) -> tuple[float, float]:
    """Return the two ends between which a factor is drawn."""
    low, high = sorted(factor) if isinstance(factor, tuple) else (max(-abs(factor), least), abs(factor))
    return low, high


TRAINED: tuple[type[Layer], ...] = (
    RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast, RandomBrightness
)  # fmt: skip
AUGMENTATIONS: dict[str, type[Layer]] = {
    **{layer.__name__: layer for layer in TRAINED},
    **{name: type(name, (Augmentation,), {"__doc__": f"Keras's {name}, the identity at inference."}) for name in NAMES},
}
