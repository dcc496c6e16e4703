"""Xception transfer learning on photographs in folders, with Keras 3: train, tune, check and use a classifier.

Start with `python -m keras_ref --help`. Importing this package is quick: a command loads TensorFlow when it needs it.

From the ground up: `runtime` (TensorFlow, terminal, files, Ray), `config`, `pictures`, `model` (nets, weights, cards),
`features` (what a frozen base answers), `results` (drawings and sentences), `runs` (what a run folder holds), `train`,
`predict`, `evaluate`, `export`, `sweep`, `course` (the course repeated), `doctor`, `commands`.
"""
