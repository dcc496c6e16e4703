"""The settings of one training run: checked when made, written to config.json, read back exactly."""

import dataclasses
import math
from dataclasses import dataclass

from keras_ref.errors import Refusal
from keras_ref.files import read_json, write_json

SMALLEST = 71  # Xception shrinks its picture 32 times with unpadded first layers: Keras refuses less
AUGMENTS = ("none", "course", "light")
DEVICES = ("one", "all")
PRECISIONS = ("auto", "float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class Config:
    """What a run is made of. The defaults are those the course settles on in 8.6 and 8.7."""

    data: str
    size: int = 150
    lr: float = 0.001
    inner: int = 0
    dropout: float = 0.0
    augment: str = "none"
    class_weight: str = "none"
    epochs: int = 10
    batch_size: int = 32
    seed: int = 1
    weights: str = "imagenet"
    unfreeze: int | str = 0
    devices: str = "one"
    precision: str = "auto"
    split_seed: int = 0

    def __post_init__(self):
        _whole("size", self.size, SMALLEST)
        _whole("inner", self.inner, 0)
        _whole("epochs", self.epochs, 1)
        _whole("batch_size", self.batch_size, 1)
        _whole("seed", self.seed, 0)
        _whole("split_seed", self.split_seed, 0)
        if not _real(self.lr) or self.lr <= 0:
            raise Refusal(f"lr must be a positive number. Received: lr={self.lr!r}.")
        if not _real(self.dropout) or not 0 <= self.dropout < 1:
            raise Refusal(f"dropout must lie in 0 <= dropout < 1. Received: dropout={self.dropout!r}.")
        if self.unfreeze != "all":
            _whole("unfreeze", self.unfreeze, 0, "'all' or ")
        for name, allowed in (
            ("augment", AUGMENTS),
            ("class_weight", ("none", "balanced")),
            ("devices", DEVICES),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in allowed:
                raise Refusal(f"{name} must be one of {', '.join(allowed)}. Received: {name}={getattr(self, name)!r}.")

    @property
    def frozen(self):
        """Whether the whole base keeps its weights."""
        return self.unfreeze == 0

    @property
    def cacheable(self):
        """Whether every epoch repeats the same forward pass through the base, so that stored vectors may replace it."""
        return self.frozen and self.augment == "none"

    def write(self, path):
        """Write config.json."""
        write_json(path, dataclasses.asdict(self))

    def replace(self, **changes):
        """Give a copy with some settings changed, checked again."""
        return dataclasses.replace(self, **changes)


def read(path):
    """Read a config.json; refuse a key that is unknown or missing."""
    values = read_json(path)
    if not isinstance(values, dict):
        raise Refusal(f"{path} must hold one JSON object. Received: {type(values).__name__}.")
    names = [field.name for field in dataclasses.fields(Config)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise Refusal(f"{path} has the unknown key {unknown[0]!r}; the keys are {', '.join(names)}.")
    if "data" not in values:
        raise Refusal(f"{path} lacks the key 'data'.")
    return Config(**values)


def _real(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _whole(name, value, least, also=""):
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Refusal(f"{name} must be {also}a whole number of at least {least}. Received: {name}={value!r}.")


DEFAULTS = Config("")
SETTINGS = tuple(field.name for field in dataclasses.fields(Config) if field.name != "data")
