"""What a command does when the one who reads its output, `head` say, has enough and goes."""

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
