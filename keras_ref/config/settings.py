"""The settings of one training run: checked when made, written to config.json, read back exactly."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..runtime import files
from ..types import AnyPath
from .bases import BASES

AUGMENTS: tuple[str, ...] = ("none", "course", "light", "mirror")
SCHEDULES: tuple[str, ...] = ("constant", "cosine")
MAPS: tuple[str, ...] = ("none", "float16", "float32")
DEVICES: tuple[str, ...] = ("one", "all")
PRECISIONS: tuple[str, ...] = ("auto", "float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class Config:
    """What a run is made of. The defaults are those the course settles on in 8.6 and 8.7.

    Parameters
    ----------
    data : str
        The folder of pictures.
    size : int
        Pixels a side, 71 or more for Xception and 32 for the others; the course has 150 and 299.
    lr : float
        Adam's learning rate, above 0.
    inner : int
        Units of an inner Dense layer, 0 for none.
    dropout : float
        The share dropped before the last layer, 0 <= dropout < 1.
    augment : "none", "course" (8.10), "light" (8.11), or "mirror" (each picture or its mirror image, by a coin)
    draws : int
        With K above 0 an epoch takes one of K draws of the augmentation, whose vectors are stored as those of the
        pictures themselves are; 0 for a new draw in every epoch.
    label_smoothing : float
        The share of a label that is spread over all classes, 0 <= label_smoothing < 1.
    class_weight : "none" or "balanced"
    epochs : int, 1 or more
    batch_size : int, 1 or more pictures
    schedule : "constant" or "cosine"
        Cosine lets the rate fall from lr to 0 over the epochs, a step an epoch.
    weight_decay : float, 0 or more
        Adam's, decoupled from the gradient.
    patience : int
        A run ends after so many epochs without a better validation loss; 0: it never ends early.
    seed : int, 0 or more
        For order, start and augmentation.
    weights : "imagenet", "none", or the path of a weights file in Keras's layout
    unfreeze : int or "all"
        How many of the base's last layers learn.
    devices : "one" or "all"
    precision : "auto" (mixed_float16 on a GPU), "float32", "mixed_float16" or "mixed_bfloat16"
    split_seed : int, 0 or more
        Draws the held-out fifth where the folder has no validation/.
    start : str
        The path of a trained classifier to go on from, its head too; empty for a new head.
    maps : "none", "float16" or "float32"
        In which form the answers of the part of the base that does not learn are kept, where only its last layers do.
    base : "xception", "mobilenetv2", "efficientnetv2b0" or "resnet50v2"

    Raises
    ------
    ValueError
        It names the setting, the value received, and what would be right.
    """

    data: str
    size: int = 150
    lr: float = 0.001
    inner: int = 0
    dropout: float = 0.0
    augment: str = "none"
    draws: int = 0
    label_smoothing: float = 0.0
    class_weight: str = "none"
    epochs: int = 10
    batch_size: int = 32
    schedule: str = "constant"
    weight_decay: float = 0.0
    patience: int = 0
    seed: int = 1
    weights: str = "imagenet"
    unfreeze: int | str = 0
    devices: str = "one"
    precision: str = "auto"
    split_seed: int = 0
    start: str = ""
    maps: str = "none"
    base: str = "xception"

    def __post_init__(self) -> None:
        if self.base not in BASES:
            raise ValueError(f"base must be one of {', '.join(BASES)}. Received: base={self.base!r}.")
        _whole("size", self.size, BASES[self.base].smallest)
        _whole("inner", self.inner, 0)
        _whole("epochs", self.epochs, 1)
        _whole("batch_size", self.batch_size, 1)
        _whole("seed", self.seed, 0)
        _whole("draws", self.draws, 0)
        _whole("patience", self.patience, 0)
        _whole("split_seed", self.split_seed, 0)
        if not _real(self.lr) or self.lr <= 0:
            raise ValueError(f"lr must be a positive number. Received: lr={self.lr!r}.")
        if not _real(self.dropout) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in 0 <= dropout < 1. Received: dropout={self.dropout!r}.")
        if not _real(self.label_smoothing) or not 0 <= self.label_smoothing < 1:
            raise ValueError(
                f"label_smoothing must lie in 0 <= label_smoothing < 1. Received: "
                f"label_smoothing={self.label_smoothing!r}."
            )
        if not _real(self.weight_decay) or self.weight_decay < 0:
            raise ValueError(f"weight_decay must not be negative. Received: weight_decay={self.weight_decay!r}.")
        if self.unfreeze != "all":
            _whole("unfreeze", self.unfreeze, 0, "'all' or ")
        for name, allowed in (
            ("augment", AUGMENTS),
            ("class_weight", ("none", "balanced")),
            ("devices", DEVICES),
            ("precision", PRECISIONS),
            ("maps", MAPS),
            ("schedule", SCHEDULES),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be one of {', '.join(allowed)}. Received: {name}={getattr(self, name)!r}."
                )
        if self.draws and self.augment not in ("course", "light"):
            raise ValueError(
                f"draws are of an augmentation, course or light. "
                f"Received: draws={self.draws}, augment={self.augment!r}."
            )
        if self.maps != "none" and (self.frozen or self.unfreeze == "all" or not self.repeats):
            raise ValueError(
                "maps are kept of the part of the base that does not learn: unfreeze must be a number above 0, and "
                f"course or light need draws. Received: unfreeze={self.unfreeze!r}, augment={self.augment!r}, "
                f"draws={self.draws}."
            )

    @property
    def frozen(self) -> bool:
        """Whether the whole base keeps its weights."""
        return self.unfreeze == 0

    @property
    def cacheable(self) -> bool:
        """Whether the base answers the same in several epochs, so that stored vectors may replace it."""
        return self.frozen and self.repeats

    @property
    def repeats(self) -> bool:
        """Whether the same pictures come again in a later epoch, augmented or not."""
        return self.augment in ("none", "mirror") or self.draws > 0

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch.

        Parameters
        ----------
        epoch : int, from 1

        Returns
        -------
        rate : float
        """
        if self.schedule == "constant":
            return self.lr
        return self.lr * 0.5 * (1 + math.cos(math.pi * (epoch - 1) / self.epochs))

    def write(self, path: AnyPath) -> None:
        """Write config.json.

        Parameters
        ----------
        path : str or path
        """
        files.write_json(path, dataclasses.asdict(self))

    def replace(self, **changes: Any) -> "Config":
        """Return a copy with some settings changed, checked again.

        Parameters
        ----------
        **changes : settings by name

        Returns
        -------
        config : Config
        """
        return dataclasses.replace(self, **changes)


def read(path: AnyPath) -> Config:
    """Read a config.json.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    config : Config

    Raises
    ------
    ValueError
        The file can't be read, has an unknown key, lacks `data`, or holds a setting that can't be used.
    """
    values = files.read_json(path)
    if not isinstance(values, dict):
        raise ValueError(f"{path} must hold one JSON object. Received: {type(values).__name__}.")
    names = [field.name for field in dataclasses.fields(Config)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ValueError(f"{path} has the unknown key {unknown[0]!r}; the keys are {', '.join(names)}.")
    if "data" not in values:
        raise ValueError(f"{path} lacks the key 'data'.")
    return Config(**values)


def _real(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _whole(name, value, least, also=""):
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be {also}a whole number of at least {least}. Received: {name}={value!r}.")


class Phase(NamedTuple):
    """One training of a recipe, which goes on from the best epoch of the one before it.

    Parameters
    ----------
    name : str, its folder's
    settings : of Config
    """

    name: str
    settings: dict[str, Any]


GRIDS: dict[
    str, tuple[tuple[Any, ...], dict[str, Any], int]
] = {  # setting: (values, the other settings, epochs), the first four as in the course's sections
    "lr": ((0.0001, 0.001, 0.01, 0.1), {}, 10),
    "inner": ((10, 100, 1000), {"lr": 0.001}, 10),
    "dropout": ((0.0, 0.2, 0.5, 0.8), {"lr": 0.001, "inner": 100}, 30),
    "size": ((150, 299), {"lr": 0.0005, "inner": 100, "dropout": 0.2}, 20),
    "augment": (("none", "mirror", "light"), {"lr": 0.001, "inner": 100, "dropout": 0.2}, 20),
    "unfreeze": ((0, 6, 20), {"lr": 0.0001}, 10),
}
RECIPES: dict[str, tuple[Phase, ...]] = {
    "strong": (
        Phase(
            "head",
            {
                "size": 299,  # four times the pixels of 150: collars and hems are seen
                "inner": 100,
                "dropout": 0.2,
                "lr": 0.0005,
                "augment": "mirror",  # clothes have no left and right; it costs one pass more, once
                "label_smoothing": 0.1,  # some labels are wrong, and the loss is not to chase them
                "schedule": "cosine",
                "epochs": 20,
            },
        ),
        Phase(
            "block14",
            {
                "unfreeze": 6,  # block 14: the last two separable convolutions, without their normalisations
                "maps": "float16",  # all before it is run once
                "lr": 3e-5,  # small, or what ImageNet taught is lost in an epoch
                "augment": "mirror",
                "label_smoothing": 0.1,
                "schedule": "cosine",
                "epochs": 8,
            },
        ),
    ),
}
OF_PHASES: frozenset[str] = frozenset({"start", "unfreeze", "maps"})  # a recipe's own: they tell its phases apart
DEFAULTS: Config = Config("")
SETTINGS: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(Config) if field.name != "data")
