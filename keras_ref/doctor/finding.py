"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    name : str
        A short name for it.
    sentence : str
        What is wrong, and what to do.
    """

    name: str
    sentence: str
