"""A classifier for other programs, checked by running it: SavedModel, ONNX, TensorFlow Lite, in 8-bit numbers too."""

from . import quantize
from .exporters import KINDS, export, tflite, with_pixels

__all__ = [
    "KINDS",
    "export",
    "quantize",
    "tflite",
    "with_pixels",
]
