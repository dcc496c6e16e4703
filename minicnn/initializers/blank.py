"""A generator that says: draw nothing, a file's weights come next."""

import numpy as np


class Blank(np.random.Generator):
    """A generator from which no weight is drawn: arrays start as zeros, since a file's will take their place.

    Whoever reads a file hands it to the layers where another would hand on a generator, so the wish reaches the
    layers of that file and nobody else. It saves the time of drawing, and zeros cost no memory before they are
    written to. Masks (Dropout) are drawn as from any other generator.

    Parameters
    ----------
    bit_generator : np.random.BitGenerator, optional
        Where the masks come from; a fresh one by default.

    Examples
    --------
    >>> from minicnn import Dense
    >>> layer = Dense(2)
    >>> layer.build((None, 3), rng=Blank())
    >>> layer.params["kernel"].tolist()
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """

    def __init__(self, bit_generator: np.random.BitGenerator | None = None):
        super().__init__(np.random.PCG64() if bit_generator is None else bit_generator)
