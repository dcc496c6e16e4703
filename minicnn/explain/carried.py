"""Nets too large for a page: then the engine's own numbers travel instead of the weights."""

LARGEST_WORK = 300_000_000  # multiply-adds of one pass that a browser does within a second
LARGEST_WEIGHTS = 4_000_000  # numbers: 16 MB of weights, beyond which a page is a burden


def too_large(model):
    """Whether a page could not compute this net within a second, or would be too long for its weights."""
    return (model.multiply_adds() or 0) > LARGEST_WORK or model.count_params() > LARGEST_WEIGHTS


def carry(model, loaded, nodes, arrays, shown, known, blobs):
    """Not yet."""
