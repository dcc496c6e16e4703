"""What has a name among the failures; all others are a ValueError with one sentence, as in minicnn."""


class Diverged(ValueError):
    """A net whose loss or answers are NaN or infinite: whatever is measured on it is no figure."""


def first_line(error: BaseException) -> str:
    """Return the first line of what another library says, or the error's kind where it says nothing.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    text : str, one line
    """
    return str(error).splitlines()[0] if str(error) else type(error).__name__
