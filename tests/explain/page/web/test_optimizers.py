"""optimizers.js: each step is that of `minicnn.optimizers`, which is Keras's."""

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
