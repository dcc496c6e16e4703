"""The doctor on tf.data: pictures that were augmented once and are then served from a cache, the same in every pass."""

from collections.abc import Iterator

from .. import runtime
from .data import Source
from .finding import Finding

RANDOM: tuple[str, ...] = ("RandomUniform", "RandomStandardNormal", "TruncatedNormal", "Multinomial")


def cached_augmentation(validation: Source) -> Iterator[Finding]:
    """Find a validation set that is augmented and cached: it does not change from pass to pass, and is wrong in each.

    Parameters
    ----------
    validation : a data set as `fit` takes it

    Yields
    ------
    finding : Finding
    """
    tf, _ = runtime.load()
    if not isinstance(validation, tf.data.Dataset):
        return
    try:
        graph = tf.compat.v1.GraphDef()
        graph.ParseFromString(tf.raw_ops.DatasetToGraphV2(input_dataset=validation._variant_tensor).numpy())
    except (tf.errors.OpError, AttributeError):  # what can't be written down as a graph can't be looked at
        return
    operations = {node.op for node in graph.node}
    operations |= {node.op for function in graph.library.function for node in function.node_def}
    cached = any(op.startswith("CacheDataset") for op in operations)
    if cached and any(name in op for op in operations for name in RANDOM):
        yield Finding(
            "augmented validation",
            "The validation data is augmented and then cached: the pictures are changed ones, the same in every pass; "
            "build it without augmentation.",
        )
