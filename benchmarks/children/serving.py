"""A process of its own: `minicnn serve`'s server with another engine behind it.

    python -m benchmarks.children.serving keras|onnxruntime FILE PORT THREADS

FILE.keras is the net with its classifier.json, FILE.onnx what Keras exported of it. Everything but the net is the same:
reading, decoding, queue, batches, answers.
"""

import sys
from pathlib import Path

import numpy as np

from minicnn.app import serve
from minicnn.data import to_floats
from minicnn.files import read_card


def load_keras(served):
    """Load a net into TensorFlow, as one graph for every size of batch."""
    from ..peers import keras_engine

    keras_engine.set_threads(THREADS)
    keras, tf = keras_engine.keras, keras_engine.tf
    net = keras.models.load_model(served.path, compile=False)
    graph = tf.function(lambda x: net(x, training=False), [tf.TensorSpec((None, *net.input_shape[1:]), tf.float32)])
    return _ready(served, lambda x: graph(tf.constant(x)).numpy())


def load_onnxruntime(served):
    """Load what Keras exported into ONNX Runtime."""
    from ..peers.onnxruntime_engine import Engine

    session = Engine(THREADS).open(str(served.path.with_suffix(".onnx")))
    (first,) = (each.name for each in session.get_inputs())
    return _ready(served, lambda x: session.run(None, {first: x})[0])


def _ready(served, logits):
    """Make a model of what gives logits, and let it answer once."""
    card = read_card(served.path)

    def classify(pictures):
        y = logits(to_floats(np.stack(pictures), card["scale"], card["offset"]))
        y = np.exp(y - y.max(axis=1, keepdims=True))
        return y / y.sum(axis=1, keepdims=True)

    classify([np.zeros((*card["size"], 3), np.uint8)])
    return serve.Model(served.name, "0", card, classify)


if __name__ == "__main__":
    ENGINE, FILE, PORT, THREADS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    load = {"keras": load_keras, "onnxruntime": load_onnxruntime}[ENGINE]
    sys.exit(serve.run([serve.Served("net", FILE)], serve.Limits(), port=PORT, load=load))
