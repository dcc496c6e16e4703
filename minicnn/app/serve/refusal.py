"""What a client is told when it gets no answer."""


class Refusal(Exception):
    """An HTTP status and one sentence.

    Parameters
    ----------
    status : int
    sentence : str
    retry : int or None
        Seconds after which to ask again.

    Examples
    --------
    >>> Refusal(413, "The body has more than 10 bytes.").status
    413
    """

    def __init__(self, status: int, sentence: str, retry: int | None = None) -> None:
        super().__init__(sentence)
        self.status: int = status
        self.sentence: str = sentence
        self.retry: int | None = retry
