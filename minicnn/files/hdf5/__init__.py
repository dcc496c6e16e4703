"""HDF5, the part of it that Keras writes: read in Python alone, written with h5py."""

from .bytes import EXPANSION, FLOOR
from .reader import SIGNATURE, File, Group
from .writer import image

__all__ = ["EXPANSION", "FLOOR", "File", "Group", "SIGNATURE", "image"]
