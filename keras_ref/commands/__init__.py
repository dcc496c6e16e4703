"""The command line, and the commands, a file each: its line of help, its flags, its call and what it prints."""

from .cli import main
from .table import COMMANDS, Command

__all__ = ["COMMANDS", "Command", "main"]
