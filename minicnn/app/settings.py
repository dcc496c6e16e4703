"""How a small net is trained: what `minicnn train` has flags for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The settings of a training.

    Parameters
    ----------
    arch : "tinyvgg" or "homework"
    size : int
        Pixels, height and width.
    epochs : int
    batch_size : int
        Pictures a step.
    lr : float
        Adam's learning rate.
    seed : int
        Of weights and order.
    split_seed : int
        Decides which pictures are held out where the folder has no `validation`.
    skip_corrupt : bool
        Leave out and count files that are no pictures.
    base : str
        The file of a frozen base in place of `arch`; empty for none.
    start : str
        The file of a trained classifier to go on from, its base and its head, in place of `base`; empty for none.
    inner : int
        On a base: units of an inner Dense layer, 0 for none.
    dropout : float
        On a base: the share dropped before the last layer.
    augment : str
        On a base: "none"; "mirror", by a coin in each epoch; or "light", see `augment.changed`.
    draws : int
        How many draws of "light" there are, whose vectors are stored; an epoch takes one after the other.
    """

    arch: str = "tinyvgg"
    size: int = 64
    epochs: int = 20
    batch_size: int = 32
    lr: float = 0.001
    seed: int = 0
    split_seed: int = 0
    skip_corrupt: bool = False
    base: str = ""
    start: str = ""
    inner: int = 0
    dropout: float = 0.0
    augment: str = "none"
    draws: int = 0


DEFAULTS: Settings = Settings()
ON_A_BASE: Settings = Settings(size=150, epochs=10)  # as keras_ref's
