"""Pictures in: folders of photographs, and the embedded, drawn data set."""

from . import wardrobe
from .bases import name_weights, weights_digest
from .decode import RESIZE, SUFFIXES, PictureError, TooManyPixels, find_unreadable, load_image, reading
from .draws import draw_seeds, mirrored, variants
from .folders import Folder, Split, find_classes, stream_pictures
from .hashes import content_hash, content_hashes
from .images import ImageBatches, image_folder, to_floats
from .labelled import LabelledPictures
from .learned import EvaluationSet, evaluation_set, fingerprints, folder_as_trained, recorded_split_field, split_field
from .listing import LeftOut, pictures_below
from .vectors import ROWS, VectorStore, answer_key, default_store, merge_stores

__all__ = [
    "RESIZE",
    "ROWS",
    "SUFFIXES",
    "EvaluationSet",
    "Folder",
    "ImageBatches",
    "LabelledPictures",
    "LeftOut",
    "PictureError",
    "Split",
    "TooManyPixels",
    "VectorStore",
    "answer_key",
    "content_hash",
    "content_hashes",
    "default_store",
    "draw_seeds",
    "evaluation_set",
    "find_classes",
    "find_unreadable",
    "fingerprints",
    "folder_as_trained",
    "image_folder",
    "load_image",
    "merge_stores",
    "mirrored",
    "name_weights",
    "pictures_below",
    "reading",
    "recorded_split_field",
    "split_field",
    "stream_pictures",
    "to_floats",
    "variants",
    "wardrobe",
    "weights_digest",
]
