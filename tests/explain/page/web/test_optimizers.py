"""optimizers.js: each step is that of `minicnn.optimizers`, which is Keras's, and is what its formula says."""

import re

import numpy as np
import pytest

from minicnn.optimizers import SGD, Adam


@pytest.mark.parametrize("name, optimizer", [("SGD", SGD(0.05)), ("Adam", Adam(0.05))])
def test_steps_follow_the_engines(lab, name, optimizer):
    rng = np.random.default_rng(0)
    params = {"kernel": rng.normal(size=7).astype(np.float32)}
    lab.ask("(w) => { globalThis.w = Float32Array.from(w); globalThis.slots = null; }", params["kernel"].tolist())
    for t in range(1, 6):
        gradient = rng.normal(size=7).astype(np.float32)
        gradient[3] = 0
        optimizer.update(params, {"kernel": gradient})
        got = lab.ask(
            f"""([g, t]) => {{ const moved = lab.optimizers.OPTIMIZERS.{name}.moved;
            [w, slots] = moved(0.05, w, Float32Array.from(g), slots, t); return Array.from(w); }}""",
            [gradient.tolist(), t],
        )
        np.testing.assert_allclose(got, params["kernel"], rtol=1e-5, atol=1e-6)


SYMBOLS = {"\u2212": "-", "\u00b7": "*", "^": "**", "d loss / d w": "g"}


@pytest.mark.parametrize("name, optimizer", [("SGD", SGD(0.05)), ("Adam", Adam(0.05))])
def test_the_formula_computes_the_step(lab, name, optimizer):
    """What the page prints, worked out as it stands there, at the first steps above all."""
    formula = lab.ask(f"() => lab.optimizers.OPTIMIZERS.{name}.formula").split(":")[0]
    left, right = formula.split("\u2190")
    for symbol, code in SYMBOLS.items():
        right = right.replace(symbol, code)
    assert left.strip() == "w" and re.fullmatch(r"[\w .*/()+-]*", right)
    rng, w, m, v = np.random.default_rng(1), 0.7, 0.0, 0.0
    params = {"kernel": np.array([w])}
    for t in range(1, 8):
        g = rng.normal()
        optimizer.update(params, {"kernel": np.array([g])})
        m, v = m + (g - m) * 0.1, v + (g * g - v) * 0.001
        known = {"w": w, "rate": 0.05, "g": g, "m": m, "v": v, "t": t, "sqrt": np.sqrt}
        w = eval(right, {"__builtins__": {}}, known)
        assert w == pytest.approx(params["kernel"][0], abs=1e-5), (name, t)
