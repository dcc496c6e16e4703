"""What Hypothesis draws: shapes, settings, memory layouts, and a seed for the numbers.

A case is a small dataclass that Hypothesis can shrink and print; its arrays follow from its seed. So an example that
fails reads as one line: ConvCase(x_shape=(1, 3, 4, 1), kernel_shape=(2, 2, 1, 1), strides=(2, 1), ..., seed=0).
"""

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from minicnn import reference

dtypes = st.sampled_from(["float32", "float64"])
layouts = st.sampled_from(["contiguous", "transposed", "every second", "backwards"])
seeds = st.integers(0, 2**32 - 1)
sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
frames = st.tuples(sides, sides)  # ((top, bottom), (left, right)), pixels


def shapes(min_dims=1, max_dims=4, max_side=6):
    """Draw a shape, the batch first; now and then without a single example."""
    return st.lists(st.integers(1, max_side), min_size=min_dims, max_size=max_dims).flatmap(
        lambda sides: st.integers(0, 9).map(lambda n: tuple(sides) if n else (0, *sides[1:]))
    )


def normal(rng, shape, dtype="float64", layout="contiguous"):
    """Draw numbers around 0, each with a full mantissa and one in sixteen exactly 0, in the given memory layout."""
    x = (rng.normal(size=shape) * (rng.random(size=shape) < 15 / 16)).astype(dtype)
    return laid_out(x, layout)


def apart(rng, shape, dtype="float64"):
    """Draw numbers of which no two are equal, and none is 0: no maximum ties and no kink is near."""
    count = math.prod(shape)
    return rng.permutation((np.arange(count) + 0.5 - count // 2) / 8).reshape(shape).astype(dtype)


def ties(rng, shape, dtype="float64"):
    """Draw small integers: nearly every window has several maxima, and many numbers are exactly 0."""
    return rng.integers(-2, 3, size=shape).astype(dtype)


def laid_out(x, layout):
    """Return an array equal to `x` that lies otherwise in memory."""
    if layout == "transposed":
        return np.asfortranarray(x)
    if layout == "every second":
        wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, x.dtype)  # NaN: whoever reads beside, shows it
        wide[..., ::2] = x
        return wide[..., ::2]
    if layout == "backwards":
        return np.ascontiguousarray(x[::-1])[::-1]
    return x


@dataclass(frozen=True)
class Case:
    """An operation on any shape."""

    shape: tuple
    dtype: str
    layout: str
    seed: int

    def arrays(self, *shapes):
        """Draw one array for each shape, and one more of the case's own shape if none is given."""
        rng = np.random.default_rng(self.seed)
        return [normal(rng, shape, self.dtype, self.layout) for shape in shapes or (self.shape, self.shape)]


def cases(min_dims=1, max_dims=4, dtypes=dtypes, layouts=layouts):
    """Draw a case for an operation that takes any shape."""
    return st.builds(Case, shapes(min_dims, max_dims), dtypes, layouts, seeds)


@st.composite
def stretched_cases(draw, dtypes=dtypes):
    """Draw two to four arrays of which some axes are stretched, a cotangent for what joins them, and the seed."""
    case = draw(cases(min_dims=2, dtypes=dtypes))
    count = draw(st.integers(2, 4))
    stretched = draw(st.lists(st.lists(st.booleans(), min_size=len(case.shape), max_size=len(case.shape)),
                              min_size=count - 1, max_size=count - 1))  # fmt: skip
    shapes = [case.shape, *(tuple(1 if one else size for one, size in zip(axes, case.shape, strict=True))
                            for axes in stretched)]  # fmt: skip
    *xs, dy = case.arrays(*shapes, case.shape)
    return xs, dy, case.seed


@dataclass(frozen=True)
class DenseCase:
    """A dense layer: x (N, D), kernel (D, F)."""

    n: int
    d: int
    f: int
    use_bias: bool
    dtype: str
    layout: str
    seed: int

    def arrays(self):
        """Draw x, kernel, bias (or None) and dy."""
        rng = np.random.default_rng(self.seed)
        shapes = (self.n, self.d), (self.d, self.f), (self.f,), (self.n, self.f)
        x, kernel, bias, dy = (normal(rng, shape, self.dtype, self.layout) for shape in shapes)
        return x, kernel, bias if self.use_bias else None, dy


def dense_cases(dtypes=dtypes, layouts=layouts, min_n=0):
    """Draw a dense layer with up to 40 inputs and 20 units."""
    sizes = st.integers(min_n, 5), st.integers(1, 40), st.integers(1, 20)
    return st.builds(DenseCase, *sizes, st.booleans(), dtypes, layouts, seeds)


@dataclass(frozen=True)
class WindowCase:
    """A window that slides over pictures: what convolution and pooling have in common."""

    x_shape: tuple
    window: tuple
    strides: tuple
    padding: str
    dilation: tuple
    dtype: str
    layout: str
    seed: int
    shift: tuple = (0, 0)  # rows, columns: pixels of padding that stand before instead of after

    @property
    def pads(self):
        """The pads that `padding` stands for, the odd pixel moved by `shift` where there is room."""
        pads = reference.window_pads(self.padding, self.x_shape[1:3], self.window, self.strides, self.dilation)
        moved = (min(pad[1], shift) for pad, shift in zip(pads, self.shift, strict=True))
        return tuple((pad[0] + by, pad[1] - by) for pad, by in zip(pads, moved, strict=True))

    @property
    def output_size(self):
        """(OH, OW)."""
        settings = zip(self.x_shape[1:3], self.window, self.strides, map(sum, self.pads), self.dilation, strict=True)
        return tuple(reference.output_size(*axis) for axis in settings)


@dataclass(frozen=True)
class ConvCase(WindowCase):
    """A convolution."""

    filters: int = 1
    groups: int = 1
    use_bias: bool = True

    @property
    def kernel_shape(self):
        """(KH, KW, C // groups, F)."""
        return (*self.window, self.x_shape[3] // self.groups, self.filters)

    @property
    def how(self):
        """The settings, as the functions of reference and kernels take them."""
        return self.strides, self.pads, self.dilation, self.groups

    def arrays(self):
        """Draw x, kernel, bias (or None) and dy."""
        rng = np.random.default_rng(self.seed)
        shapes = self.x_shape, self.kernel_shape, (self.filters,), (self.x_shape[0], *self.output_size, self.filters)
        x, kernel, bias, dy = (normal(rng, shape, self.dtype, self.layout) for shape in shapes)
        return x, kernel, bias if self.use_bias else None, dy


@dataclass(frozen=True)
class DepthwiseCase(WindowCase):
    """A depthwise convolution: M filters for each channel."""

    multiplier: int = 1
    use_bias: bool = True

    @property
    def kernel_shape(self):
        """(KH, KW, C, M)."""
        return (*self.window, self.x_shape[3], self.multiplier)

    @property
    def how(self):
        """The settings, as the functions of reference and kernels take them."""
        return self.strides, self.pads, self.dilation

    def arrays(self):
        """Draw x, kernel, bias (or None) and dy."""
        rng = np.random.default_rng(self.seed)
        filters = self.x_shape[3] * self.multiplier
        shapes = self.x_shape, self.kernel_shape, (filters,), (self.x_shape[0], *self.output_size, filters)
        x, kernel, bias, dy = (normal(rng, shape, self.dtype, self.layout) for shape in shapes)
        return x, kernel, bias if self.use_bias else None, dy


@dataclass(frozen=True)
class PoolCase(WindowCase):
    """A pooling."""

    tied: bool = False

    @property
    def how(self):
        """The settings, as the functions of reference and kernels take them."""
        return self.window, self.strides, self.pads

    def arrays(self):
        """Draw x and dy."""
        rng = np.random.default_rng(self.seed)
        x = laid_out((ties if self.tied else apart)(rng, self.x_shape, self.dtype), self.layout)
        return x, normal(rng, (self.x_shape[0], *self.output_size, self.x_shape[3]), self.dtype, self.layout)


@st.composite
def _windows(draw, channels, dilated, dtypes, layouts, shifted, min_n):
    """Draw what ConvCase and PoolCase share. As in Keras, strides and dilation are not both above 1."""
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    window = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (2, 1), (1, 3)])) if dilated else (1, 1)
    strides = (1, 1) if dilation != (1, 1) else draw(st.just((1, 1)) | pairs | st.just(window) | st.just((5, 4)))
    padding = draw(st.sampled_from(["valid", "same"]))
    spans = [reference.effective_size(k, d) for k, d in zip(window, dilation, strict=True)]
    smallest = spans if padding == "valid" else (1, 1)
    size = [span + draw(st.integers(0, 6)) for span in smallest]
    return {
        "x_shape": (draw(st.integers(min_n, 3)), *size, channels),
        "window": window,
        "strides": strides,
        "padding": padding,
        "dilation": dilation,
        "dtype": draw(dtypes),
        "layout": draw(layouts),
        "seed": draw(seeds),
        "shift": draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) if shifted else (0, 0),
    }


@st.composite
def conv_cases(draw, dtypes=dtypes, layouts=layouts, shifted=True, min_n=0):
    """Draw a convolution of up to 3 small pictures; `shifted` also draws pads that no padding word stands for."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels, filters = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    common = draw(_windows(channels, True, dtypes, layouts, shifted, min_n))
    return ConvCase(**common, filters=filters, groups=groups, use_bias=draw(st.booleans()))


@st.composite
def depthwise_cases(draw, dtypes=dtypes, layouts=layouts, shifted=True, min_n=0, keras=False):
    """Draw a depthwise convolution; `keras` keeps to what TensorFlow's kernels can do: both strides equal."""
    common = draw(_windows(draw(st.integers(1, 4)), True, dtypes, layouts, shifted, min_n))
    if keras:
        common["strides"] = (common["strides"][0],) * 2
    return DepthwiseCase(**common, multiplier=draw(st.integers(1, 3)), use_bias=draw(st.booleans()))


@st.composite
def wide_conv_cases(draw):
    """Draw a float32 convolution of few rows, but with widths and channels that fast loops cut into unequal blocks."""
    window = draw(st.sampled_from([(1, 1), (1, 2), (2, 3), (3, 3)]))
    x_shape = (1, draw(st.integers(1, 3)), draw(st.integers(1, 45)), draw(st.integers(1, 40)))
    strides = draw(st.sampled_from([(1, 1), (1, 1), (1, 2), (2, 2), (1, 3)]))
    filters, seed = draw(st.integers(1, 40)), draw(seeds)
    return ConvCase(x_shape, window, strides, "same", (1, 1), "float32", "contiguous", seed, filters=filters)


@st.composite
def pool_cases(draw, dtypes=dtypes, layouts=layouts, shifted=True, min_n=0):
    """Draw a max pooling of up to 3 small pictures, ties in half of them."""
    common = draw(_windows(draw(st.integers(1, 4)), False, dtypes, layouts, shifted, min_n))
    return PoolCase(**common, tied=draw(st.booleans()))
