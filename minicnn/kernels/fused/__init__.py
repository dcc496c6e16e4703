"""Operations that `reference` does not have: several in one pass over memory.

    activation          which activations a convolution or a product applies itself
    conv2d_maxpool2d    convolution, ReLU and max pooling

conv2d takes the first, the second takes conv2d: so this front imports neither.
"""

__all__ = ["activation", "conv2d_maxpool2d"]  # pyright: ignore[reportUnsupportedDunderAll]
