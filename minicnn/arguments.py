"""What is an integer, what is a number: checks of arguments, one sentence each. Free to all, as types.py is.

True and False are neither, although Python counts them among its integers.
"""

from typing import Any, TypeGuard

import numpy as np


def is_integer(value: Any) -> TypeGuard[int]:
    """Tell whether a value is an integer, Python's or NumPy's.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.arguments import is_integer
    >>> is_integer(3), is_integer(np.int64(3)), is_integer(3.0), is_integer(True)
    (True, True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is one number, Python's or NumPy's; infinity and NaN are.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.arguments import is_number
    >>> is_number(0.5), is_number(np.float32(0.5)), is_number("0.5"), is_number(True)
    (True, True, False, False)
    """
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def integer(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Return an argument as an int that is neither too small nor too large.

    Parameters
    ----------
    name : str
        The argument's, for the sentence.
    value : anything
        What was given.
    least : int
        The smallest that is right.
    most : int, optional
        The largest.

    Raises
    ------
    ValueError
        `epochs` must be a positive integer. Received: epochs=0.

    Examples
    --------
    >>> from minicnn.arguments import integer
    >>> integer("epochs", 3)
    3
    """
    if not is_integer(value) or value < least:
        wanted = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise ValueError(f"`{name}` must be {wanted}. Received: {name}={value!r}.")
    if most is not None and value > most:
        raise ValueError(f"`{name}` must be at most {most}. Received: {name}={value}.")
    return int(value)
