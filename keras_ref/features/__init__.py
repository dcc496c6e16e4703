"""What a frozen base answers is computed once and kept: vectors of whole pictures, and the maps within a net."""

from minicnn.data import default_store
from minicnn.data import merge_stores as merge

from . import maps
from .blocks import spread
from .stored import BATCH, BLOCK, Stored, answers, key_of, store_for, vectors

__all__ = [
    "BATCH",
    "BLOCK",
    "Stored",
    "answers",
    "default_store",
    "key_of",
    "maps",
    "merge",
    "spread",
    "store_for",
    "vectors",
]
