"""Operations that `reference` does not have: several in one pass over memory.

    activation                  which activations a convolution or a product applies itself
    batch_normalization_fold    batch normalization with constants, for the kernel before it
    conv2d_maxpool2d            convolution, ReLU and max pooling

conv2d takes the first, the last takes conv2d: so this front imports neither.
"""

__all__ = ["activation", "batch_normalization_fold", "conv2d_maxpool2d"]  # pyright: ignore[reportUnsupportedDunderAll]
