"""What is an integer, a number, a yes or a no: checks of arguments, one sentence each. Free to all, as types.py is.

True and False are no numbers, although Python counts them among its integers.
"""

import os
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

import numpy as np

LARGEST_FLOAT32: float = float(np.finfo(np.float32).max)  # what is larger becomes inf on its way into a model


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


def boolean(name: str, value: Any) -> bool:
    """Return an argument as a bool: "no" would count as a yes otherwise.

    Parameters
    ----------
    name : str
        The argument's, for the sentence.
    value : anything
        True or False, Python's or NumPy's; 0 and 1 count as these.

    Raises
    ------
    ValueError
        `shuffle` must be True or False. Received: shuffle='no'.

    Examples
    --------
    >>> from minicnn.arguments import boolean
    >>> boolean("shuffle", True), boolean("shuffle", 0)
    (True, False)
    """
    if isinstance(value, (bool, np.bool_)) or is_integer(value) and value in (0, 1):
        return bool(value)
    raise ValueError(f"`{name}` must be True or False. Received: {name}={value!r}.")


def number(
    name: str, value: Any, least: float = -LARGEST_FLOAT32, most: float = LARGEST_FLOAT32, positive: bool = False
) -> float:
    """Return an argument as a float that is neither too small nor too large; what float32 cannot hold is.

    Parameters
    ----------
    name : str
        The argument's, for the sentence.
    value : anything
        What was given.
    least, most : float
        The smallest and the largest that are right.
    positive : bool
        Whether it must be above 0, too.

    Raises
    ------
    ValueError
        `momentum` must be a number, at least 0 and at most 1. Received: momentum=2.

    Examples
    --------
    >>> from minicnn.arguments import number
    >>> number("rate", 1), number("rate", 0.5, 0, 1)
    (1.0, 0.5)
    """
    if not is_number(value) or not least <= value <= most or (positive and value <= 0):
        large = is_number(value) and value > most
        low = "positive" if positive else "" if least == -LARGEST_FLOAT32 else f"at least {least:g}"
        high = f"at most {most:.3g}" if most < LARGEST_FLOAT32 or large else ""
        bounds = " and ".join(filter(None, (low, high)))
        raise ValueError(f"`{name}` must be a number, {bounds or 'and finite'}. Received: {name}={value!r}.")
    return float(value)


def text(name: str, value: Any) -> str:
    """Return an argument that is a str with something in it.

    Raises
    ------
    TypeError
        `monitor` must be a non-empty string. Received: monitor=3.

    Examples
    --------
    >>> from minicnn.arguments import text
    >>> text("monitor", "loss")
    'loss'
    """
    if not isinstance(value, str) or not value:
        raise TypeError(f"`{name}` must be a non-empty string. Received: {name}={value!r}.")
    return value


def path(name: str, value: Any) -> str:
    """Return a file's or folder's path as a str.

    Raises
    ------
    TypeError
        `path` must be a string or a pathlib.Path. Received: path=None.

    Examples
    --------
    >>> import pathlib
    >>> from minicnn.arguments import path
    >>> path("filepath", pathlib.PurePosixPath("model.keras"))
    'model.keras'
    """
    found = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(found, str) or not found:
        raise TypeError(f"`{name}` must be a string or a pathlib.Path. Received: {name}={value!r}.")
    return found


def seed(name: str, value: Any) -> int | None:
    """Return what randomness begins with: an integer of at least 0, or None for one that nobody can repeat.

    Raises
    ------
    ValueError
        `seed` must be an integer of at least 0, or None. Received: seed='a'.

    Examples
    --------
    >>> from minicnn.arguments import seed
    >>> seed("seed", 3), seed("seed", None)
    (3, None)
    """
    if value is not None and not (is_integer(value) and value >= 0):
        raise ValueError(f"`{name}` must be an integer of at least 0, or None. Received: {name}={value!r}.")
    return None if value is None else int(value)


def refuse(owner: str, given: Mapping[str, Any], elsewhere: Mapping[str, tuple[Collection[Any], str]]) -> None:
    """Refuse arguments that Keras has and minicnn lacks, with what else to do; values that mean "not used" pass.

    Parameters
    ----------
    owner : str
        The class or function, for the sentence.
    given : dict
        Name -> value, what came beside the arguments that there are.
    elsewhere : dict
        Name -> (the values that mean "not used", what else to do).

    Raises
    ------
    ValueError
        Flatten(data_format='channels_first') is not supported: bring the channels to the last axis.
    TypeError
        Nobody knows such an argument.

    Examples
    --------
    >>> from minicnn.arguments import refuse
    >>> refuse("compile", {"jit_compile": "auto"}, {"jit_compile": ((False, "auto"), "leave it out")})
    """
    for key, value in given.items():
        if key not in elsewhere:
            raise TypeError(f"{owner} has no argument {key!r}. Received: {key}={value!r}.")
        neutral, advice = elsewhere[key]
        if not any(value is each or (type(value) is type(each) and value == each) for each in neutral):
            raise ValueError(f"{owner}({key}={value!r}) is not supported: {advice}.")
