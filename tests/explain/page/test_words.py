"""One name, one number: what page and terminal call a net's numbers, where these lie, and what they are made of."""

import numpy as np
import pytest

from minicnn import Dense, GlobalMaxPooling2D, Input, Sequential
from minicnn.explain import trace, trace_gradient
from minicnn.explain.terms import find, run_backward, run_forward
from tests.explain.nets import NETS, picture, randomise
from tests.explain.terms.test_trace import every_name, indices

SMALL = [name for name in NETS if name != "plain"]


def opened(lab, name):
    """Open a net in the page's modules: the net's description, and what the engine computes for the same example."""
    model = NETS[name]()
    x, one = picture(model)[:1], model.output_shape[-1] == 1
    nodes = lab.open(model, x, label=1)
    return model, x, [[1.0]] if one else 1, nodes


def the_same(page, terminal, what):
    """Hold the page's terms against the terminal's: as many, in the same order, in the same words."""
    assert [term["where"] for term in page] == [term.where for term in terminal.terms], what
    assert [term["note"] for term in page] == [term.note for term in terminal.terms], what
    size = max([1e-30, *(abs(term.value) for term in terminal.terms)])
    np.testing.assert_allclose(
        [term["dz"] * term["factor"] for term in page],
        [term.value for term in terminal.terms],
        rtol=1e-4,
        atol=5e-5 * size,
        err_msg=what,
    )


@pytest.mark.parametrize("name", SMALL)
def test_every_name_stands_for_the_same_number(lab, name):
    model, x, y, nodes = opened(lab, name)
    places, values = run_forward(model, x)
    run = run_backward(model, x, y)
    assert [node["name"] for node in nodes] == every_name(places)
    for index, node in enumerate(nodes):
        shape = (1, *node["shape"])
        got = np.reshape(lab.ask(f"() => Array.from(net.values[{index}])"), shape)
        for at in indices(shape):
            assert got[at] == pytest.approx(trace(model, x, node["name"], at).value, rel=1e-4, abs=1e-5)
        gradient = lab.ask(f"() => net.gradients[{index}] && Array.from(net.gradients[{index}])")
        assert (gradient is None) == (run.fused and node is nodes[-1])
        if gradient is not None:
            want = run.gradient_at(*find(run.places, node["name"])).ravel()
            np.testing.assert_allclose(gradient, want, rtol=1e-4, atol=1e-5 * np.abs(want).max(), err_msg=node["name"])


@pytest.mark.parametrize("name", SMALL)
def test_every_gradient_is_taken_apart_in_the_same_words(lab, name):
    model, x, y, nodes = opened(lab, name)
    for index, node in enumerate(nodes):
        for at in indices(node["shape"], 3) if node["name"] != run_backward(model, x, y).last else ():
            flat = int(np.ravel_multi_index(at, node["shape"]))
            the_same(
                lab.ask(f"() => lab.terms.outputTerms(net, {index}, {flat})"),
                trace_gradient(model, x, y, node["name"], at),
                f"{node['name']}{at}",
            )
        for array in node["learns"]:
            what = node["weights"][node["arrays"].index(array)]
            for at in indices(model.params[what].shape, 3):
                flat = int(np.ravel_multi_index(at, model.params[what].shape))
                the_same(
                    lab.ask(f"() => lab.terms.weightTerms(net, net.nodes[{index}], '{array}', {flat})"),
                    trace_gradient(model, x, y, what, at),
                    f"{what}{at}",
                )


def test_what_is_frozen_learns_on_neither_side(lab):
    model = NETS["plain"]()
    model.get_layer("conv2d_1").trainable = False
    nodes = lab.open(model, picture(model)[:1])
    learning = {
        weight
        for node in nodes
        for name, weight in zip(node["arrays"], node["weights"], strict=True)
        if name in node["learns"]
    }
    assert learning == set(model.params) and "conv2d_1/kernel" not in learning and "conv2d/kernel" in learning
    grads = lab.ask("() => net.grads.map((own) => Object.keys(own))")
    assert [set(own) for own in grads] == [set(node["learns"]) for node in nodes]
    before = lab.ask("() => Array.from(net.nodes.find((node) => node.of === 'conv2d_1').own.kernel)")
    lab.ask("() => net.lossAfterStep(net.values[0], 1, 0.1)")
    assert lab.ask("() => Array.from(net.nodes.find((node) => node.of === 'conv2d_1').own.kernel)") == before


def test_one_step_and_one_edit_reach_every_call_of_a_layer(lab):
    model = NETS["shared"]()
    x = picture(model)[:1]
    lab.open(model, x)
    run, moved = run_backward(model, x, 1), model.astype("float32")
    for key, gradient in run.grads.items():
        moved.params[key][...] -= np.float32(0.05) * gradient
    assert lab.ask("(x) => net.lossAfterStep(x, 1, 0.05)", x.ravel().tolist()) == pytest.approx(
        run_backward(moved, x, 1).value, rel=1e-4
    )
    model.get_layer("again").params["kernel"][1, 2, 0, 1] = 0.875
    flat = int(np.ravel_multi_index((1, 2, 0, 1), (3, 3, 3, 3)))
    got = lab.ask(
        f"""(x) => {{ net.edit(net.nodes.find((node) => node.name === "again:1"), "kernel", {flat}, 0.875);
        return Array.from(net.forward(Float32Array.from(x)).at(-1)); }}""",
        x.ravel().tolist(),
    )
    np.testing.assert_allclose(got, model.predict(x)[0], rtol=1e-4)


@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy", "mse"])
def test_any_head_with_any_loss(lab, head, loss):
    """A cross-entropy takes the logits of either head, and has a p of its own; the mean squared error takes neither."""
    model = randomise(Sequential([Input((5,)), Dense(3, activation=head, name="end")], seed=0))
    model.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(1, 5)).astype(np.float32)
    nodes = lab.open(model, x, label=2)
    y = np.eye(3)[2:] if loss != "categorical_crossentropy" else 2
    run = run_backward(model, x, y)
    assert [node["name"] for node in nodes] == ["input_layer", f"end (before {head})", "end"]
    assert lab.ask("() => net.lossFor(2)") == pytest.approx(run.value, rel=1e-5)
    assert run.start == (("end", f"before {head}") if loss != "mse" else ("end", None))
    before = run.gradient_at(run.places["end"], f"before {head}")[0]
    np.testing.assert_allclose(lab.ask("() => Array.from(net.gradients[1])"), before, rtol=1e-4, atol=1e-7)
    for at in range(3):
        the_same(
            lab.ask(f"() => lab.terms.outputTerms(net, 1, {at})"),
            trace_gradient(model, x, y, f"end (before {head})", at),
            f"{head} {loss} {at}",
        )
    np.testing.assert_allclose(
        lab.ask("() => Array.from(net.grads[1].kernel)"), run.grads["end/kernel"].ravel(), rtol=1e-4, atol=1e-6
    )


def test_a_global_pool_with_nan_has_no_winner(lab):
    """NaN equals nothing: nobody gets the gradient, on either side."""
    model = randomise(Sequential([Input((2, 2, 1)), GlobalMaxPooling2D(), Dense(2)], seed=0))
    x = np.array([1.0, np.nan, 3.0, 2.0]).reshape(1, 2, 2, 1)
    lab.open(model, x, label=1)
    for at in range(4):
        (term,) = lab.ask(f"() => lab.terms.outputTerms(net, 0, {at})")
        assert (term["factor"], term["note"]) == (0, "no winner")
