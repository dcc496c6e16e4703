"""Pictures: folders of them by minicnn's rules, and batches of them as Keras takes them."""

from . import addresses
from .augment import seeds, transformer
from .batches import Pictures, padded, steady
from .folder import as_recorded, corrupt, read, without_corrupt
from .recipe import Recipe, square

__all__ = [
    "Pictures",
    "Recipe",
    "addresses",
    "as_recorded",
    "corrupt",
    "padded",
    "read",
    "seeds",
    "square",
    "steady",
    "transformer",
    "without_corrupt",
]
