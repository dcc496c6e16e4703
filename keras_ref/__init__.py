"""Xception transfer learning on photographs in folders, with Keras 3: train, tune, check and use a classifier.

Start with `python -m keras_ref --help`. Importing this package is quick: TensorFlow is loaded by the command that needs it.
"""
