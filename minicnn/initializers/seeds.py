"""The seed from which models and layers without a seed of their own draw: the one thing that is set for all.

Notebooks begin with it (`utils.set_random_seed`). Who gives a model a seed does not depend on it.
"""

import threading

import numpy as np

_lock = threading.Lock()
_source: np.random.Generator | None = None


def set_source(seed: int | None) -> None:
    """Let models and layers without a seed draw from this one, from now on; None: from nothing that can be repeated.

    Parameters
    ----------
    seed : int or None

    Examples
    --------
    >>> set_source(1)
    >>> first = next_seed()
    >>> set_source(1)
    >>> next_seed() == first != next_seed()
    True
    >>> set_source(None)
    """
    global _source
    with _lock:
        _source = None if seed is None else np.random.default_rng(seed)


def next_seed() -> int | None:
    """Return a seed for whoever has none; None where nothing was set.

    Examples
    --------
    >>> set_source(None)
    >>> next_seed() is None
    True
    """
    with _lock:
        return None if _source is None else int(_source.integers(2**62))
