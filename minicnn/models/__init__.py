"""Models: graphs and chains of layers, their files, their table.

container.py       a layer that holds layers: how they are found, their arrays
network.py         ... that are a graph: shapes, forward and backward (running.py), Keras's order (graph.py)
trainer.py         ... that can be trained: compile, fit, evaluate, predict
model.py           Model(inputs, outputs), what a user makes
sequential.py      Sequential(layers), a chain
saving.py          to model files and back; configs.py: a layer as Keras's config; cloning.py: from it, weights fresh
card.py            a classifier's classifier.json, completed by what the model says itself
summary.py         the table of layers; tables.py: a table for notebooks
gradcheck.py       are the gradients right? kinks.py: where a difference quotient can't tell
check_layer.py     ... of a layer of one's own?
architectures.py   two small nets to study
"""

from . import gradcheck
from .architectures import ARCHITECTURES, homework, tinyvgg
from .card import card_of
from .check_layer import check_layer
from .cloning import clone_model, model_from_json
from .container import is_model
from .graph import Call
from .model import Model
from .saving import load_model, save_model
from .sequential import Sequential
from .tables import html_table

__all__ = [
    "ARCHITECTURES",
    "Call",
    "Model",
    "Sequential",
    "card_of",
    "check_layer",
    "clone_model",
    "gradcheck",
    "homework",
    "html_table",
    "is_model",
    "load_model",
    "model_from_json",
    "save_model",
    "tinyvgg",
]
