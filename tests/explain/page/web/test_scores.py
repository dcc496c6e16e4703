"""scores.js: saliency, Grad-CAM and covers are those of `minicnn.explain`, on the same net and picture."""

import numpy as np
import pytest

from minicnn import explain
from minicnn.explain.terms import run_forward
from tests.explain.nets import NETS, picture

SMALL = ["homework", "settings", "branches", "later", "strongest", "shared"]


def pairs(model):
    """Classes to ask for: one against another, both ways round."""
    return [(0, 1), (1, 0)] if model.output_shape[-1] <= 2 else [(0, 2), (2, 1)]


@pytest.mark.parametrize("name", SMALL)
def test_maps_are_those_of_the_engine(lab, name):
    model = NETS[name]()
    x = picture(model)[0]
    nodes = lab.open(model, x)
    shapes = [node["shape"] for node in nodes]
    last = lab.ask("() => lab.scores.lastMaps(net.nodes).index")
    _, values = run_forward(model, x[None])
    for a, b in pairs(model):
        lab.ask(f"() => {{ globalThis.of = net.scoreGradients({a}, {b}); }}")
        scored = explain.score(model, x, a, b).value
        assert lab.ask(f"() => net.score({a}, {b})") == pytest.approx(scored, rel=1e-4, abs=1e-5)
        want = explain.saliency(model, x, a, b).ravel()
        got = lab.ask("(s) => Array.from(lab.scores.saliencyMap(of[0], s))", shapes[0])
        np.testing.assert_allclose(got, want, atol=1e-4 * want.max(), rtol=1e-4)
        want = explain.grad_cam(model, x, a, nodes[last]["engine"], b, resize=False).ravel()
        got = lab.ask("([k, s]) => Array.from(lab.scores.gradCam(net.values[k], of[k], s))", [last, shapes[last]])
        np.testing.assert_allclose(got, want, atol=1e-4 * max(np.abs(want).max(), 1e-3))
        gradient = np.reshape(lab.ask(f"() => Array.from(of[{last}])"), shapes[last])
        want = (gradient * values[nodes[last]["engine"]][0]).sum(-1).ravel()
        got = lab.ask("([k, s]) => Array.from(lab.scores.cellsMap(net.values[k], of[k], s))", [last, shapes[last]])
        np.testing.assert_allclose(got, want, atol=1e-4 * np.abs(want).max())


@pytest.mark.parametrize("shape", [(64, 64, 3), (18, 16, 3), (7, 30, 1), (3, 3, 1), (33, 40, 3)])
def test_covers_are_those_of_occlusion(lab, monkeypatch, shape):
    """The same squares in the same order, and the same pixels under them."""
    from minicnn import Dense, Flatten, Input, Sequential

    model = Sequential([Input(shape), Flatten(), Dense(2)], seed=0)
    x, seen, forward = np.random.default_rng(0).random(shape, np.float32), [], model.forward

    def watched(batch, **how):
        seen.extend(np.asarray(batch))
        return forward(batch, **how)

    monkeypatch.setattr(model, "forward", watched)
    explain.occlusion(model, x, 0)
    covers = lab.ask("(s) => lab.scores.covers(s)", shape)
    assert len(covers["places"]) == len(seen) - 1  # the first is the picture itself
    for k in {0, len(seen) // 2, len(seen) - 2}:
        got = lab.ask(
            "([x, s, at, size]) => Array.from(lab.scores.covered(x, s, at, size))",
            [x.ravel().tolist(), shape, covers["places"][k], covers["size"]],
        )
        np.testing.assert_allclose(np.reshape(got, shape), seen[k + 1], atol=1e-6)
