"""What a command prints to: one who reads it, `head` say, may have enough and go; a file's name may be no text."""

import io
import os
import sys

EXIT_CODE: int = 141  # a shell's word for a program that SIGPIPE ended: 128 + 13


def closed_pipe() -> int:
    """Throw away what nobody reads any more, so that Python does not complain of it at its end.

    Returns
    -------
    code : int
        The exit code for a program that is ended by this: 141, as of one that SIGPIPE ends.

    Examples
    --------
    >>> closed_pipe()  # where nothing is closed, nothing is thrown away
    141
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    return EXIT_CODE


def any_name() -> None:
    r"""Let standard output print the name of a file that is no text, as "\udcff.png", where it would end the command.

    What else a command prints is as it was. JSON has the same way of writing such a name, and reads it back.

    Examples
    --------
    >>> any_name()
    >>> sys.stdout.errors != "strict" or not isinstance(sys.stdout, io.TextIOWrapper)
    True
    """
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")
