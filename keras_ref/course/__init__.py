"""The course itself: its data set, what ImageNet's classifier sees (8.3), its runs in order, and how long they take."""

from . import clothing, imagenet, replay, speed

__all__ = [
    "clothing",
    "imagenet",
    "replay",
    "speed",
]
