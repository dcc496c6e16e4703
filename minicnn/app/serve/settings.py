"""What a server is told: its models, and what a client may ask of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCAL: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")  # addresses to listen at that this machine alone reaches


@dataclass(frozen=True)
class Served:
    """A model file and what the command line knows better.

    Parameters
    ----------
    name : str
        What clients call it.
    path : Path
    better : dict
        Fields of classifier.json.
    """

    name: str
    path: Path
    better: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What a client may ask for.

    Parameters
    ----------
    batch : int
        Pictures that the engine takes at once.
    queue : int
        Pictures that may be on their way through at any time; one more is refused with 503.
    pictures : int
        In one request.
    max_bytes : int
        Of a request's body, and of what an address answers.
    max_pixels : int
        Of one picture.
    timeout : float
        Seconds for a request to arrive, and as many for its answer.
    urls : bool
        Whether pictures may be given by address.
    decoders : int
        Threads that decode pictures.
    hosts : tuple of str, optional
        Names that requests may be for, beside numbers and "localhost": without a port, in lower case. By default any.

    Raises
    ------
    ValueError
        One is less than it must be.
    """

    batch: int = 16
    queue: int = 256
    pictures: int = 64
    max_bytes: int = 10_000_000
    max_pixels: int = 50_000_000
    timeout: float = 30.0
    urls: bool = False
    decoders: int = 2
    hosts: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("batch", "queue", "pictures", "max_bytes", "max_pixels", "decoders"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {getattr(self, name)}.")
        if not 0 < self.timeout < float("inf"):
            raise ValueError(f"`timeout` must be a number of seconds above 0. Received: {self.timeout}.")

    @property
    def in_memory(self) -> int:
        """Bytes of bodies that may be held at once."""
        return 16 * self.max_bytes

    @property
    def pixels_together(self) -> int:
        """Pixels of all pictures of one request."""
        return 2 * self.max_pixels
