"""Keras's small helpers, by Keras's names.

load_img, img_to_array              a picture from a file, as an array
image_dataset_from_directory        a folder of pictures as batches
to_categorical                      labels as one-hot rows
set_random_seed                     models without a seed of their own draw from one
preprocess_input, decode_predictions    pixels and names of nets that were trained on ImageNet
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from .image_dataset import ImageDataset, image_dataset_from_directory
from .imagenet import decode_predictions, preprocess_input
from .images import img_to_array, load_img
from .labels import to_categorical
from .seeds import set_random_seed

__all__ = [
    "ImageDataset",
    "decode_predictions",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "preprocess_input",
    "set_random_seed",
    "to_categorical",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("utils")
