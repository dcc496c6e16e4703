"""The one kind of failure a user can cause: it is printed as one sentence and ends the command with exit code 2."""


class Refusal(ValueError):
    """Input that cannot be worked with; the message is one sentence: what was wrong, received, and right."""


class Diverged(Refusal):
    """A net whose loss or answers are NaN or infinite: whatever is measured on it is no figure."""
