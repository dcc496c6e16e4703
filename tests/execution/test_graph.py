"""Who reads whose output, and what may change in a model."""

from minicnn import Add, Conv2D, Dense, Flatten, Input, Model, ReLU, Sequential
from minicnn.execution.graph import Readers, mutable_part, replaced


def test_the_only_reader():
    """Nobody else may want what lies between: no second node, no second place of one node, not who calls the model."""
    x = Input((4,))
    a = Dense(4, name="a")(x)
    b = ReLU(name="b")(a)
    c = Add(name="c")([b, b])
    d = Dense(2, name="d")(c)
    e, f = ReLU(name="e")(d), ReLU(name="f")(d)
    model = Model(x, [c, e, f])
    readers = Readers(model.nodes, model.outputs)
    only = {node.key: readers.only(node) for node in model.nodes if node.inputs}
    assert {key: node and node.key for key, node in only.items()} == {
        "a": "b",  # and nobody else
        "b": None,  # twice
        "c": None,  # an output that a node reads too
        "d": None,  # two nodes
        "e": None,  # outputs
        "f": None,
    }


def test_no_only_reader_of_several_outputs():
    inside, x = Input((4,)), Input((4,))
    inner = Model(inside, [Dense(2)(inside), Dense(3)(inside)], name="inner")
    model = Model(x, ReLU()(inner(x)[0]))
    node = next(node for node in model.nodes if node.layer is inner)
    assert Readers(model.nodes, model.outputs).only(node) is None


def test_what_may_change_is_told_of_layers_inside_too():
    inner = Sequential([Input((4, 4, 2)), Conv2D(2, 3), ReLU()])
    x = Input((4, 4, 2))
    model = Model(x, Dense(2)(Flatten()(inner(x))))
    before = mutable_part(model)
    assert mutable_part(model) == before
    layer = inner.layers[1]
    layer.trainable = False
    model.set_weights(model.get_weights())
    assert mutable_part(model) == before
    layer._forward = lambda x, training: (x, None)
    assert replaced(layer) and mutable_part(model) != before
    del layer._forward
    layer.cast("float64")
    assert mutable_part(model) != before
    layer.cast("float32")
    assert mutable_part(model) == before
    inner.add(ReLU())
    assert mutable_part(model) != before
