"""Pictures in: folders of photographs, and the embedded, drawn data set."""

from minicnn.data import wardrobe
from minicnn.data.decode import RESIZE, SUFFIXES, PictureError, load_image, unreadable
from minicnn.data.folders import Folder, Split, find_classes
from minicnn.data.images import ImageBatches, image_folder, to_floats
from minicnn.data.learned import Judged, field_beside, fingerprints, folder_for, split_field, to_judge
from minicnn.data.listing import LeftOut, pictures_below

__all__ = [
    "RESIZE",
    "SUFFIXES",
    "Folder",
    "ImageBatches",
    "Judged",
    "LeftOut",
    "PictureError",
    "Split",
    "field_beside",
    "find_classes",
    "fingerprints",
    "folder_for",
    "image_folder",
    "load_image",
    "pictures_below",
    "split_field",
    "to_floats",
    "to_judge",
    "unreadable",
    "wardrobe",
]
