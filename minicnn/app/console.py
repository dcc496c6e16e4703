"""What the commands say beside their results, on standard error."""

import sys


def note(sentence: str) -> None:
    """Print what a reader should know, but a pipe should not.

    Parameters
    ----------
    sentence : str
    """
    print(f"note: {sentence}", file=sys.stderr)


def complain(sentence: object) -> None:
    """Print what went wrong.

    Parameters
    ----------
    sentence : str, or an error that says it
    """
    print(f"minicnn: {sentence}", file=sys.stderr)


def announce_compiling() -> None:
    """Say so where kernels are compiled, which takes seconds: once a machine, before the first one."""
    from ..kernels import on_first_compile

    on_first_compile(
        lambda: print("compiling kernels for this machine, once; the next start finds them ready ...", file=sys.stderr)
    )
