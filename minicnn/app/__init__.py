"""The command `minicnn`: one file a command."""

from .cli import main

__all__ = ["main"]
