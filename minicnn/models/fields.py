"""Receptive fields: how much of the picture an output of each layer depends on, whatever the weights.

Along each axis every place of a map sees the picture's rows (or columns) low to high. A layer hands that on:

    low(i) = least low, high(i) = largest high of the places that output i reads            (layers/reads.py)

So it is exact where maps grow, shrink or are resized, too, where places side by side see different numbers of pixels.
For convolutions and poolings alone it is the well-known field + (window - 1) * jump, where jump, the product of the
strides before, is the distance in pixels between neighbouring outputs.

The field of a map, height and width, is the largest among its places, from the first row to the last. Pixels are
counted; the padding around the picture only where no place sees the picture alone, as in a deep net on a small one.
Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields", distill.pub.
"""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np

from ..layers import FAR, LONGEST, Reads
from ..types import IntArray, Pair
from .graph import Call

Field = Pair | Literal["all"] | None  # (height, width) in pixels, all of them, or not to be told


class Sight(NamedTuple):
    """What the places of a map, along one axis, see of one axis of a picture.

    Attributes
    ----------
    low, high : (K,) int64
        First and last pixel of each place; low > high: it sees nothing.
    along : int
        The map's axis: 1 rows, 2 columns; 0: all places see the same.
    jump : Fraction
        Pixels from place to place, on average.
    period : int
        Places after which the same comes again, further on, in a map without ends.
    ends : bool
        Whether these are all places; else `period` of them, far from the ends.
    size : int or None
        Pixels of the picture; None where open.
    """

    low: IntArray
    high: IntArray
    along: int
    jump: Fraction
    period: int
    ends: bool
    size: int | None


# Of every picture that goes in, and each axis of it. No Sight: all of that axis, however long.
View = dict[tuple[str, int], Sight | None]
Seen = View | Literal["all", "row"] | None  # all of it; a row that goes in, which is no picture yet; not to be told


def receptive_fields(calls: Iterable[Call]) -> dict[str, Field]:
    """Find the receptive field of every call of a layer.

    Parameters
    ----------
    calls : iterable of Call
        As `Network.calls` lists them.

    Returns
    -------
    fields : dict
        Key of the call -> (height, width) in pixels of the picture; "all" once the picture is a row of numbers, or
        where one of open size is looked at as a whole; None where places are moved about (Reshape), or where it hangs
        on a size that is open.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, MaxPooling2D, Sequential, UpSampling2D
    >>> model = Sequential([Input((32, 32, 1)), MaxPooling2D(4), UpSampling2D(4), Conv2D(1, 3)])
    >>> receptive_fields(model.calls())["conv2d"]  # three places side by side come from two pools
    (8, 8)
    """
    seen: dict[str, Seen] = {}
    fields: dict[str, Field] = {}
    for call in calls:
        seen[call.key] = found = _see(call, [seen[key] for key in call.sources])
        fields[call.key] = _field(found, call)
    return fields


def _see(call: Call, sources: Sequence[Seen]) -> Seen:
    """Return what the places of a call's output see."""
    if call.input_shape is None:  # an InputLayer: of a nested model it hands on what that was called with
        return sources[0] if sources else _picture(call)
    if len(call.shape) < 3:
        if _gathers(call):
            return "all"
        alike = isinstance(sources[0], str) and all(source == sources[0] for source in sources)
        return sources[0] if alike else None
    if "all" in sources:
        return "all"
    if len(sources) == 1 and sources[0] == "row":  # a Reshape makes it the picture
        return _picture(call)
    view: View = {}
    for index, source in enumerate(sources):
        part = _through(call, index, source) if isinstance(source, dict) else None
        if part is None or not _join(view, part, call):
            return None
    return view


def _picture(call: Call) -> Seen:
    """Return what the places of a picture see: themselves."""
    if len(call.shape) < 3:
        return "row"
    view: View = {}
    for axis, size in enumerate(call.shape[1:3], 1):
        own = np.arange(_count(size, 1))
        view[call.key, axis] = Sight(own, own, axis, Fraction(1), 1, _known(size) is not None, size)
    return view


def _gathers(call: Call) -> bool:
    """Tell whether each number of a row is made of all that a layer is given: Dense, or a global pooling."""
    given: Any = call.input_shape
    if isinstance(given, list):
        return False
    found = [call.layer.reads(axis, np.arange(1), given) for axis in range(1, min(len(given), 3))]
    return all(reads is not None and reads.step == 0 for reads in found)


def _known(size: int | None) -> int | None:
    """Return a size, or None where it is open or too long to look at each place."""
    return None if size is None or size > LONGEST else size


def _count(size: int | None, period: int) -> int:
    """Return how many places of an axis are looked at: all, or a period of them."""
    return _known(size) or period


# ---- through a layer ------------------------------------------------------------------------------------------------


def _through(call: Call, index: int, view: View) -> View | None:
    """Return what a call's output sees through one of its inputs; None where it can't be told."""
    layer, given = call.layer, call.input_shape or ()
    shapes: Any = [tuple(map(_known, shape)) for shape in (given if isinstance(given, list) else [given])]
    own = shapes[index]
    becomes = {layer.source_axis(axis): axis for axis in range(1, len(call.shape))}
    result: View = {}
    for key, sight in view.items():
        along = 0 if sight is None else sight.along
        axis = becomes.get(along, 0)
        if sight is None or along == 0:
            result[key] = sight
        elif axis in (1, 2):
            input_shape = shapes if isinstance(given, list) else own
            reads = layer.reads(along, np.arange(1), input_shape, index)
            count = 0 if reads is None else _count(call.shape[axis], _period(sight.period, reads.step))
            reads = layer.reads(along, np.arange(count), input_shape, index) if 0 < count <= LONGEST else None
            if reads is None:
                return None
            result[key] = _read(sight, reads, axis, _known(call.shape[axis]) is not None)
        else:  # rows or columns have become channels: every place sees them all
            size = own[along]
            all_of_it = None if size is None else Reads(np.zeros(1, np.int64), np.full(1, size - 1), 0)
            result[key] = None if all_of_it is None else _read(sight, all_of_it, 0, True)
    return result


def _period(period: int, step: int | Fraction) -> int:
    """Return after how many outputs the same comes again, where it does after `period` of the places they read."""
    step = Fraction(step)
    return step.denominator * period // math.gcd(period, step.numerator)


def _read(sight: Sight, reads: Reads, along: int, ends: bool) -> Sight | None:
    """Return what outputs see that read places which see something; None where that is more than any picture."""
    furthest = max(-int(reads.first.min()), int(reads.last.max()), 0) + len(sight.low)
    if furthest * max(sight.jump, 1) >= FAR:
        return None
    low, high = _extremes(sight, reads)
    nothing = (reads.first > reads.last) | (low > high)
    low, high = np.where(nothing, 2 * FAR, low), np.where(nothing, -2 * FAR, high)
    if reads.step == 0:
        return Sight(low[:1], high[:1], 0, Fraction(0), 1, True, sight.size)
    return Sight(low, high, along, sight.jump * reads.step, _period(sight.period, reads.step), ends, sight.size)


def _at(sight: Sight, places: IntArray) -> tuple[IntArray, IntArray]:
    """Return what places see; those of the padding go on as the map does."""
    count = len(sight.low)
    own = np.clip(places, 0, count - 1) if sight.ends else places % count
    further = np.floor((places - own) * float(sight.jump) + 1e-9).astype(np.int64)  # 49 * (1 / 49) is below 1
    return sight.low[own] + further, sight.high[own] + further


def _extremes(sight: Sight, reads: Reads) -> tuple[IntArray, IntArray]:
    """Return the least low and the largest high of the places that each output reads."""
    first, last, gap = reads.first, reads.last, reads.gap
    (low, low_of_last), (high_of_first, high) = zip(_at(sight, first), _at(sight, last), strict=True)
    count = len(sight.low)
    around = np.arange(count + (not sight.ends))  # the first of the next period is its neighbour
    if all((np.diff(ends) >= 0).all() for ends in _at(sight, around)):
        return low, high
    low, high = np.minimum(low, low_of_last), np.maximum(high, high_of_first)
    for k, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if sight.ends:
            own = np.arange(begin + max(-(begin // gap), 0) * gap, min(end, count - 1) + 1, gap)
        else:
            reach = count * gap
            near = np.arange(begin, min(end, begin + reach) + 1, gap), np.arange(end, max(begin, end - reach) - 1, -gap)
            own = np.concatenate(near)
        lows, highs = _at(sight, own)
        low[k], high[k] = lows.min(initial=low[k]), highs.max(initial=high[k])
    return low, high


# ---- several inputs, and the answer ---------------------------------------------------------------------------------


def _join(view: View, other: View, call: Call) -> bool:
    """Add to a view what another input shows; False where rows are seen along one axis here, along the other there."""
    for key, sight in other.items():
        known = view.get(key, sight)
        if known is None or sight is None:
            view[key] = None
            continue
        if known.along and sight.along and known.along != sight.along:
            return False
        period = math.lcm(known.period, sight.period)
        longer = sight if sight.along else known
        count = _count(call.shape[longer.along], period) if longer.along else 1
        if count > LONGEST:
            return False
        (low, high), (other_low, other_high) = (_at(each, np.arange(count)) for each in (known, sight))
        view[key] = longer._replace(
            low=np.minimum(low, other_low),
            high=np.maximum(high, other_high),
            jump=max(known.jump, sight.jump),
            period=period,
        )
    return True


def _field(view: Seen, call: Call) -> Field:
    """Return the height and width that the places of a map see at most; of a row "all"."""
    if len(call.shape) < 3 or view == "row":
        return "all"
    if not isinstance(view, dict):
        return view
    height, width = (
        max((_longest(sight) for (_, own), sight in view.items() if own == axis), default=FAR) for axis in (1, 2)
    )
    if height == width == FAR:
        return "all"
    return None if FAR in (height, width) else (height, width)


def _longest(sight: Sight | None) -> int:
    """Return how many pixels along an axis a place sees at most; FAR for all of them."""
    if sight is None:
        return FAR
    low, high = sight.low, sight.high
    if sight.size is not None and ((low >= 0) & (low <= high) & (high < sight.size)).any():
        low, high = np.maximum(low, 0), np.minimum(high, sight.size - 1)
    return max(int((high - low).max()) + 1, 0)
