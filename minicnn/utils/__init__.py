"""Keras's small helpers, by Keras's names.

load_img, img_to_array    a picture from a file, as an array
to_categorical            labels as one-hot rows
set_random_seed           models without a seed of their own draw from one
"""

from .images import img_to_array, load_img
from .labels import to_categorical
from .seeds import set_random_seed

__all__ = ["img_to_array", "load_img", "set_random_seed", "to_categorical"]
