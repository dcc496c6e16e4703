"""Pictures in: folders of photographs, and the embedded, drawn data set."""

from minicnn.data import wardrobe
from minicnn.data.decode import PictureError, load_image
from minicnn.data.folders import Folder, find_classes
from minicnn.data.images import ImageBatches, image_folder

__all__ = ["Folder", "ImageBatches", "PictureError", "find_classes", "image_folder", "load_image", "wardrobe"]
