// One step of an optimizer, as minicnn.optimizers takes it: where weights go, what is remembered for the next one.
//
//   moved(rate, w, g, slots, t) -> [w, slots]        t = 1, 2, ...: which step it is; slots: null before the first

const BETAS = [0.9, 0.999];
const EPSILON = 1e-7;

export const OPTIMIZERS = {
  SGD: {
    formula: "w \u2190 w \u2212 rate \u00b7 d loss / d w",
    moved: (rate, w, g) => [w.map((value, at) => value - rate * g[at]), null],
  },
  Adam: {
    formula:
      "w \u2190 w \u2212 rate \u00b7 sqrt(1 \u2212 0.999^t) / (1 \u2212 0.9^t) \u00b7 m / (sqrt(v) + 1e\u22127): " +
      "t is the step; m, v the means of the gradients and their squares",
    moved(rate, w, g, slots, t) {
      const [m, v] = slots ?? [new Float32Array(w.length), new Float32Array(w.length)];
      const scaled = (rate * Math.sqrt(1 - BETAS[1] ** t)) / (1 - BETAS[0] ** t);
      const mean = m.map((value, at) => value + (g[at] - value) * (1 - BETAS[0]));
      const square = v.map((value, at) => value + (g[at] * g[at] - value) * (1 - BETAS[1]));
      const own = w.map((value, at) => value - (scaled * mean[at]) / (Math.sqrt(square[at]) + EPSILON));
      return [own, [mean, square]];
    },
  },
};
