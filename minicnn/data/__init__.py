"""Pictures in: folders of photographs, and the embedded, drawn data set."""

from minicnn.data import wardrobe
from minicnn.data.bases import name_weights, weights_digest
from minicnn.data.decode import RESIZE, SUFFIXES, PictureError, load_image, unreadable
from minicnn.data.folders import Folder, Split, find_classes
from minicnn.data.images import ImageBatches, image_folder, to_floats
from minicnn.data.learned import Judged, field_beside, fingerprints, folder_for, split_field, to_judge
from minicnn.data.listing import LeftOut, pictures_below
from minicnn.data.vectors import VectorStore, content_hash, default_store, merge_stores

__all__ = [
    "RESIZE",
    "SUFFIXES",
    "Folder",
    "ImageBatches",
    "Judged",
    "LeftOut",
    "PictureError",
    "Split",
    "VectorStore",
    "content_hash",
    "default_store",
    "field_beside",
    "find_classes",
    "weights_digest",
    "fingerprints",
    "folder_for",
    "image_folder",
    "load_image",
    "merge_stores",
    "name_weights",
    "pictures_below",
    "split_field",
    "to_floats",
    "to_judge",
    "unreadable",
    "wardrobe",
]
