"""Whole numbers: how many pieces of one size cover something."""

from numba.extending import register_jitable


@register_jitable(error_model="numpy")
def ceil_div(a: int, b: int) -> int:
    """Divide and round up: how many pieces of `b` cover `a`.

    Python calls it as it is; in a compiled loop the compiler puts it in place, so it costs what is written here.

    Parameters
    ----------
    a : int
    b : int, 1 or more

    Returns
    -------
    pieces : int
        The smallest whole number that is at least a / b.

    Examples
    --------
    >>> [ceil_div(pixels, 4) for pixels in (0, 1, 4, 5)]
    [0, 1, 1, 2]
    """
    return (a + b - 1) // b
