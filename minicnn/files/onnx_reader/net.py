"""The layers that a graph of ONNX becomes, and how each value of the file is held by them.

ONNX has pictures as (N, C, H, W), minicnn as (N, H, W, C). Nothing is turned round while a net runs: of every value it
is known which of ONNX's axes each of ours is (`axes`), so a Transpose is mostly a note. A flattened picture has its
numbers in our order; `blocks` tells it to the dense layer that comes, whose kernel is read in that order. Where an
operation wants another order than the one that is there, a Permute does it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...types import AnyArray, IntArray
from ..hdf5 import EXPANSION, FLOOR
from ..model_file import Config, Weights
from ..opening import short
from .tensors import Store

CHANNELS_LAST: tuple[int, ...] = (0, 2, 3, 1)  # our picture: which of ONNX's axes each axis is

MAX_LAYERS: int = 50_000  # four a node of the largest graph

Sizes = tuple[int | None, ...]
Number = float | list[float]  # a constant: one for all, or one a channel
Block = tuple[int, int, int]  # (C, H, W) of a picture that was flattened in our order


class Tensor(NamedTuple):
    """A value of the file, and how it is held.

    Attributes
    ----------
    layer : str
        The layer that gives it.
    shape : tuple of int or None
        As ONNX has it, the examples first.
    axes : tuple of int
        Our axis k is ONNX's axis axes[k].
    blocks : tuple of (C, H, W)
        Of a row of numbers: the flattened pictures in it that lie in our order; none where all lie in ONNX's.
    positive : bool
        Whether no number of it can be negative.
    """

    layer: str
    shape: Sizes
    axes: tuple[int, ...]
    blocks: tuple[Block, ...] = ()
    positive: bool = False

    @property
    def sizes(self) -> list[int]:
        """The sizes after the examples; ValueError where one is open."""
        if any(size is None for size in self.shape[1:]):
            raise ValueError(f"its input must have a known size. Received: {self.shape}.")
        return [size for size in self.shape[1:] if size is not None]

    @property
    def pixels(self) -> tuple[int | None, int | None]:
        """Height and width of a picture."""
        return self.shape[2], self.shape[3]

    @property
    def channels(self) -> int:
        """How many channels a picture has, or numbers a row."""
        if self.shape[1] is None:
            raise ValueError("the number of its channels must be known.")
        return self.shape[1]


class Net:
    """Collects layers with their arrays.

    Parameters
    ----------
    dtype : "float32" or "float64"
    store : Store
        What the arrays come from: its size bounds them all together.
    """

    def __init__(self, dtype: str, store: Store):
        self.dtype: str = dtype
        self.layers: dict[str, Config] = {}
        self.weights: Weights = {}
        self._store, self._spent = store, 0
        self._numbers: dict[str, int] = {}  # of a name, the last that was put after it
        self._turned: dict[tuple[str, tuple[int, ...]], str] = {}  # a layer, our axes in a new order -> its Permute

    def add(
        self,
        name: str,
        class_name: str,
        inputs: Iterable[Tensor],
        arrays: Sequence[AnyArray] = (),
        **settings: Any,
    ) -> str:
        """Add a layer.

        Parameters
        ----------
        name : str
            What it shall be called; a number is put after it where another is called so.
        class_name : str
        inputs : iterable of Tensor
        arrays : sequence of ndarray
            In Keras's order.
        **settings
            As Keras's configuration has them.

        Returns
        -------
        name : str
        """
        if len(self.layers) >= MAX_LAYERS:
            raise ValueError(f"the net would have more than {MAX_LAYERS} layers.")
        name = self._unused(name)
        calls = [[[tensor.layer, 0, 0, {}] for tensor in inputs]]
        self.layers[name] = {
            "module": "keras.layers",
            "class_name": class_name,
            "config": {"name": name, "dtype": self.dtype, **settings},
            "registered_name": None,
            "name": name,
            "inbound_nodes": calls if calls[0] else [],
        }
        for array in arrays:
            self.give(name, array)
        return name

    def give(self, name: str, array: AnyArray) -> None:
        """Give a layer its next array."""
        self.spend(array.size * np.dtype(self.dtype).itemsize)
        with np.errstate(all="ignore"):
            made = array.astype(self.dtype)
        if made.itemsize < array.itemsize and not np.array_equal(np.isfinite(made), np.isfinite(array)):
            raise ValueError(f"its arrays hold numbers that {self.dtype} can't hold.")
        self.weights.setdefault(name, []).append(made)

    def spend(self, count: int) -> None:
        """Count bytes that arrays take: a file may ask for one again and again, or for one that it only describes."""
        self._spent += count
        if self._spent > FLOOR + EXPANSION * self._store.size:
            raise ValueError(f"its arrays would take more than {EXPANSION} times the size of its files.")

    def _unused(self, name: str) -> str:
        number, new = self._numbers.get(name, 0), name
        while new in self.layers:
            number += 1
            new = f"{name}_{number}"
        self._numbers[name] = number
        return new

    # ---- order of axes --------------------------------------------------------------------------------------

    def laid(self, name: str, tensor: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Return a tensor with our axes as wanted, by a Permute where need be."""
        if tensor.axes == axes:
            return tensor
        dims = tuple(tensor.axes.index(axis) for axis in axes)
        layer = self._turned.get((tensor.layer, dims))
        if layer is None:
            layer = self.add(f"{name}_permute", "Permute", [tensor], dims=list(dims[1:]))
            self._turned[tensor.layer, dims] = layer
        return tensor._replace(layer=layer, axes=axes)

    def picture(self, name: str, tensor: Tensor) -> Tensor:
        """Return a picture with its channels last."""
        if len(tensor.shape) != 4:
            raise ValueError(f"it must work on pictures, (N, C, H, W). Received: an input {tensor.shape}.")
        return self.laid(name, tensor, CHANNELS_LAST)

    def plain(self, name: str, tensor: Tensor) -> Tensor:
        """Return a tensor whose numbers lie as in ONNX."""
        if not tensor.blocks:
            return self.laid(name, tensor, tuple(range(len(tensor.shape))))
        (channels, height, width), *others = tensor.blocks
        if others:
            raise ValueError("flattened pictures side by side are not put back into ONNX's order.")
        layer = self.add(f"{name}_picture", "Reshape", [tensor], target_shape=[height, width, channels])
        whole = Tensor(layer, (tensor.shape[0], channels, height, width), CHANNELS_LAST)
        layer = self.add(f"{name}_flat", "Flatten", [self.laid(name, whole, (0, 1, 2, 3))])
        return tensor._replace(layer=layer, blocks=())

    def flat(self, name: str, tensor: Tensor) -> Tensor:
        """Return every example as one row of numbers."""
        if len(tensor.shape) == 2:
            return tensor
        sizes = tensor.sizes
        if tensor.axes != CHANNELS_LAST:
            tensor = self.plain(name, tensor)
        channels, *pixels = sizes
        turned = tensor.axes == CHANNELS_LAST and channels > 1 and math.prod(pixels) > 1
        layer = self.add(name, "Flatten", [tensor])
        blocks = ((channels, pixels[0], pixels[1]),) if turned else ()
        return Tensor(layer, (tensor.shape[0], math.prod(sizes)), (0, 1), blocks, tensor.positive)


def order(blocks: tuple[Block, ...], count: int) -> IntArray | slice:
    """Return which of ONNX's numbers each of ours is, in a row of `count`.

    Examples
    --------
    >>> order(((2, 1, 3),), 6).tolist()  # two channels of three pixels, pixel by pixel
    [0, 3, 1, 4, 2, 5]
    """
    if not blocks:
        return slice(None)
    if sum(map(math.prod, blocks)) != count:
        raise ValueError(f"its input must have {count} numbers. Received: pictures of {short(blocks)}.")
    parts: list[IntArray] = []
    start = 0
    for block in blocks:
        numbers = np.arange(start, start + math.prod(block)).reshape(block)
        parts.append(numbers.transpose(1, 2, 0).ravel())
        start += math.prod(block)
    return np.concatenate(parts)
