"""What was tried for goals that are not reached: the answers that the table of goals gives beside "no" and "open"."""

TRIED: dict[str, str] = {}  # the goal's label -> one sentence
