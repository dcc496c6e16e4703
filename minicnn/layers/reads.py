"""What the outputs of a layer read of its input, along one axis: so a net's receptive fields are counted.

    output i depends on the input's places first[i] to last[i]; those outside it are padding

It follows from settings and sizes alone, whatever the arrays hold. models/fields.py carries it through a net.
"""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ..types import IntArray

FAR = 2**40  # pixels; whoever sees as many sees all of an image
LONGEST = 2**14  # pixels along an axis; of longer ones no place is looked at by itself


class Reads(NamedTuple):
    """What some outputs read along one axis.

    Attributes
    ----------
    first, last : (K,) int64
        Places of the input, one pair an output; first > last: it reads nothing.
    step : int or Fraction
        How much further the next output looks, on average: a stride; below 1 where images grow, 0 where all look at
        the same.
    gap : int
        From one place that an output reads to the next: a dilation.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import MaxPooling2D
    >>> reads = MaxPooling2D(3, strides=2, padding="same").reads(1, np.arange(4), (None, 8, 8, 1))
    >>> reads.first.tolist(), reads.last.tolist(), reads.step  # row 8 is padding
    ([0, 2, 4, 6], [2, 4, 6, 8], 2)
    """

    first: IntArray
    last: IntArray
    step: int | Fraction = 1
    gap: int = 1


class Reading:
    """A layer's answers to what its outputs read; by default each the input at its own place.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import ReLU
    >>> ReLU().reads(1, np.arange(2), (None, 8, 8, 1)).last.tolist()
    [0, 1]
    """

    def source_axis(self, axis: int) -> int:
        """Return the axis of the input that an axis of the output comes from.

        Parameters
        ----------
        axis : int
            1 rows, 2 columns, 3 channels.
        """
        return axis

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return what outputs read of the rows or the columns of the input.

        Parameters
        ----------
        axis : int
            Of the input: 1 rows, 2 columns.
        places : (K,) int64
            Outputs, along the axis that comes from it.
        input_shape : (None, ...)
            A list of them for several inputs. Where a size is open, outputs far from the edges are meant.
        index : int
            Which of several inputs.

        Returns
        -------
        reads : Reads or None
            None: the output's places are none of the input's, or it hangs on a size that is open.
        """
        return Reads(places, places)


def whole(size: int | None, places: IntArray) -> Reads:
    """Return that every output reads the whole axis.

    Parameters
    ----------
    size : int or None
        Of the axis; None where it is open.
    places : (K,) int64
        The outputs.

    Examples
    --------
    >>> import numpy as np
    >>> whole(5, np.arange(2))
    Reads(first=array([0, 0]), last=array([4, 4]), step=0, gap=1)
    """
    first, last = (-FAR, FAR) if size is None else (0, size - 1)
    return Reads(np.full(places.shape, first), np.full(places.shape, last), 0)
