"""Pictures in: folders of photographs, and the embedded, drawn data set."""

from minicnn.data.decode import PictureError, load_image

__all__ = ["PictureError", "load_image"]
