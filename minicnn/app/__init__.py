"""The command `minicnn`: one file a command. And `serve`, what is behind one of them."""

from typing import TYPE_CHECKING

from .cli import main

if TYPE_CHECKING:
    from . import serve  # imported where it is asked for, so that --help is quick

__all__ = ["main", "serve"]
