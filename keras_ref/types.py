"""Names for what passes between the rooms; TensorFlow and NumPy are not loaded for them."""

import os
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    Net: TypeAlias = keras.Model
    Dataset: TypeAlias = tf.data.Dataset[Any]
    Tensor: TypeAlias = tf.Tensor
else:
    Net = Dataset = Tensor = Any

AnyPath: TypeAlias = str | os.PathLike[str]
History: TypeAlias = list[dict[str, Any]]  # a row an epoch: epoch, loss, accuracy, val_loss, val_accuracy
Result: TypeAlias = dict[str, Any]  # what a command writes as JSON
