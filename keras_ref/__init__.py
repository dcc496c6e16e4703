"""Xception transfer learning on photographs in folders, with Keras 3: train, tune, check and use a classifier.

Start with `python -m keras_ref --help`. Importing this package is quick: a command loads TensorFlow when it needs it.
"""
