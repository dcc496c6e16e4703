// The net: every output of one picture, the loss, every gradient, and what one step of learning would change.

import { logistic, softmax } from "./functions.js";
import { LAYERS } from "./layers.js";
import { channel, furthest, largest, product } from "./numbers.js";
import { OPTIMIZERS } from "./optimizers.js";

export class Net {
  constructor(payload) {
    this.payload = payload;
    this.loss = payload.loss;
    this.nodes = payload.nodes.map((node, index) => ({
      ...node,
      index,
      from: node.inputs.map((i) => payload.nodes[i].shape),
    }));
    this.last = this.nodes.length - 1;
    this.edits = new Map(); // "epoch weight" -> the array as it was saved, and as it is now
    this.useEpoch(payload.epochs.length - 1);
  }

  // Take the weights of an epoch, with what was changed of them. Edits go into copies: what was saved stays.
  useEpoch(epoch) {
    this.epoch = epoch;
    this.memory = null; // of an optimizer: see takeStep
    let at = 0;
    for (const node of this.nodes) {
      node.own = {};
      for (const name of node.arrays) {
        const saved = this.payload.epochs[epoch].arrays[at++];
        node.own[name] = this.edits.get(this.editKey(node, name))?.own ?? saved;
      }
    }
  }

  editKey(node, name) {
    return `${this.epoch} ${this.weightName(node, name)}`;
  }

  // Change one weight of this epoch, for every call of its layer.
  edit(node, name, index, value) {
    const own = node.own[name].slice();
    own[index] = value;
    this.replace(node, name, own);
  }

  replace(node, name, own) {
    const { saved } = this.edits.get(this.editKey(node, name)) ?? { saved: node.own[name] };
    this.edits.set(this.editKey(node, name), { saved, own });
    for (const use of this.uses(node, name)) use.own[name] = own;
  }

  // How many weights are changed, by epoch: [[epoch, count], ...].
  changes() {
    const counts = new Map();
    for (const [key, { saved, own }] of this.edits) {
      const epoch = Number.parseInt(key, 10);
      const count = own.reduce((total, value, at) => total + (value !== saved[at] ? 1 : 0), 0);
      if (count) counts.set(epoch, (counts.get(epoch) ?? 0) + count);
    }
    return [...counts];
  }

  undo() {
    this.edits.clear();
    this.useEpoch(this.epoch);
  }

  // What the model calls a weight: "conv2d/kernel".
  weightName(node, name) {
    return node.weights[node.arrays.indexOf(name)];
  }

  // The shape of an array as the model has it: (rows, columns, channels, filters) of a kernel.
  shapeOf(node, name) {
    const before = this.nodes.slice(0, node.index).reduce((count, { arrays }) => count + arrays.length, 0);
    return this.payload.shapes[before + node.arrays.indexOf(name)];
  }

  // The nodes that share an array: the calls of one layer.
  uses(node, name) {
    return this.nodes.filter(
      (other) => other.kind === node.kind && this.weightName(other, name) === this.weightName(node, name),
    );
  }

  weight(node, name, at) {
    return node.own[name][at];
  }

  // One number of an output, of its gradient, of a weight's gradient, by its place in the whole array.
  valueAt(index, at) {
    return this.values[index][at];
  }

  gradientAt(index, at) {
    return this.gradients[index][at];
  }

  gradOf(node, name, at) {
    return this.grads[node.index][name][at];
  }

  // The largest number of a weight's gradient, and how many there are.
  gradMost(node, name) {
    return largest(this.grads[node.index][name]);
  }

  // Where the largest one lies.
  gradPeak(node, name) {
    return furthest(this.grads[node.index][name]);
  }

  sizeOf(node, name) {
    return product(this.shapeOf(node, name));
  }

  // The channels of a group whose kernels are there.
  insideOf(node) {
    return Array.from(
      { length: node.own.kernel.length / (node.settings.size[0] * node.settings.size[1] * node.shape[2]) },
      (_, c) => c,
    );
  }

  // Whether everything is there, or only a part (carried.js).
  get whole() {
    return true;
  }

  kernelOf(node) {
    return node.own.kernel;
  }

  // One channel of a node's output.
  mapOf(index, c) {
    return channel(this.values[index], this.nodes[index].shape, c);
  }

  gradientMap(index, c) {
    return channel(this.gradients[index], this.nodes[index].shape, c);
  }

  // Which channels of a node are there: null for all.
  channels() {
    return null;
  }

  // The inputs of one unit of a dense layer, {d, x, w}: the `count` weightiest of them, and the sum of the rest.
  contributions(node, unit, count, kernel = node.own.kernel) {
    const x = this.values[node.inputs[0]];
    const units = node.shape[0];
    const all = Array.from(x, (value, d) => ({ d, x: value, w: kernel[d * units + unit] }));
    all.sort((a, b) => Math.abs(b.x * b.w) - Math.abs(a.x * a.w));
    return {
      shown: all.slice(0, count),
      rest: all.slice(count).reduce((total, { x: v, w }) => total + v * w, 0),
      others: Math.max(all.length - count, 0),
    };
  }

  // Run the net on pixels; `values[i]` is then the output of node i.
  forward(pixels) {
    this.values = [];
    for (const node of this.nodes) {
      this.values.push(node.kind === "Input" ? this.fed(pixels) : LAYERS[node.kind].forward(node, this.inputs(node)));
    }
    this.gradients = null;
    return this.values;
  }

  // What the net takes for pixels, as the model's classifier.json says: one scale for all, or one a channel.
  fed(pixels) {
    const { scale, offset } = this.payload.preprocess;
    const own = (value, i) => (Array.isArray(value) ? value[i % value.length] : value);
    return pixels.map((v, i) => v * own(scale, i) + own(offset, i));
  }

  inputs(node) {
    return node.inputs.map((i) => this.values[i]);
  }

  // What the loss takes: the logits before the last activation where it can, the output otherwise.
  get scores() {
    return this.values[this.start];
  }

  // The probability of each class.
  probabilities() {
    const y = this.values[this.last];
    const logits = this.loss.output === "logits";
    if (y.length === 1) {
      const p = logits ? logistic(y[0]) : y[0];
      return [1 - p, p];
    }
    return Array.from(logits ? softmax(y).y : y);
  }

  // The truth as the loss wants it: one number for one output, one-hot otherwise.
  target(label) {
    const count = this.values[this.last].length;
    return count === 1 ? [label] : Array.from({ length: count }, (_, k) => (k === label ? 1 : 0));
  }

  lossFor(label) {
    return lossOf(this.loss, this.scores, this.target(label)).value;
  }

  // Run everything backward: `gradients[i]` is the loss's gradient at the output of node i, `grads[i]` at its arrays.
  backward(label) {
    const { gradient } = lossOf(this.loss, this.scores, this.target(label));
    const { gradients, found } = this.backFrom(this.start, gradient);
    this.gradients = gradients;
    this.grads = this.nodes.map((node) =>
      Object.fromEntries(node.learns.map((name) => [name, this.overCalls(node, name, found)])),
    );
    return this.gradients;
  }

  // Lead a gradient at the output of node `start` back: to the outputs of all nodes, and to their arrays.
  backFrom(start, gradient) {
    const gradients = this.nodes.map(() => null);
    const found = this.nodes.map(() => ({}));
    gradients[start] = Float32Array.from(gradient);
    for (let i = start; i > 0; i--) {
      const node = this.nodes[i];
      if (!gradients[i] || !node.inputs.length) continue;
      const { dxs, grads } = LAYERS[node.kind].backward(node, this.inputs(node), this.values[i], gradients[i]);
      found[i] = grads ?? {};
      node.inputs.forEach((source, k) => {
        const sent = gradients[source];
        gradients[source] = sent ? sent.map((v, at) => v + dxs[k][at]) : dxs[k];
      });
    }
    return { gradients, found };
  }

  // The node whose output the loss takes: where the gradients begin.
  get start() {
    return this.loss.fused ? this.nodes[this.last].inputs[0] : this.last;
  }

  // The node whose output are the logits: the scores of the classes, before a last softmax or sigmoid.
  get logits() {
    const { kind, settings, inputs } = this.nodes[this.last];
    return kind === "Activation" && ["softmax", "sigmoid"].includes(settings.function) ? inputs[0] : this.last;
  }

  // How the score of class a, less that of class b, grows with each logit. One logit is that of the second class
  // against the first.
  direction(a, b) {
    const count = this.values[this.logits].length;
    if (count === 1) return [a ? 1 : -1];
    return Array.from({ length: count }, (_, k) => (k === a ? 1 : k === b ? -1 : 0));
  }

  score(a, b) {
    return this.direction(a, b).reduce((total, sign, k) => total + sign * this.values[this.logits][k], 0);
  }

  // Its gradient at the output of every node.
  scoreGradients(a, b) {
    return this.backFrom(this.logits, this.direction(a, b)).gradients;
  }

  // A learned array's gradient: a layer that is called twice learns from both calls.
  overCalls(node, name, found) {
    return this.uses(node, name)
      .map((use) => found[use.index][name])
      .reduce((all, own) => all.map((v, at) => v + own[at]));
  }

  // The powers of ten of the learning rates whose steps can be taken.
  get rates() {
    return { from: -5, to: 1, by: 0.05 };
  }

  // The arrays that learn, each once: [[node, name], ...].
  learned() {
    return this.nodes.flatMap((node) =>
      node.learns.filter((name) => this.uses(node, name)[0] === node).map((name) => [node, name]),
    );
  }

  // Where one step of an optimizer takes each learned array: [[node, name, weights, slots], ...], each array once.
  stepped(optimizer, rate) {
    const { slots, t } = this.memory?.optimizer === optimizer ? this.memory : { slots: new Map(), t: 0 };
    return this.learned().map(([node, name]) => {
      const before = slots.get(this.weightName(node, name)) ?? null;
      const gradient = this.grads[node.index][name];
      return [node, name, ...OPTIMIZERS[optimizer].moved(rate, node.own[name], gradient, before, t + 1)];
    });
  }

  // What `work` finds in this net on other pictures, with other weights, at other epochs; the net stays as it is.
  aside(work) {
    const { epoch, memory, values, gradients, grads, picture } = this;
    const owns = this.nodes.map(({ own }) => own);
    const found = work();
    Object.assign(this, { epoch, memory, values, gradients, grads, picture });
    this.nodes.forEach((node, i) => {
      node.own = owns[i];
    });
    return found;
  }

  // The loss after one step.
  lossAfterStep(pixels, label, rate, optimizer = "SGD") {
    return this.aside(() => {
      const steps = this.stepped(optimizer, rate);
      for (const node of this.nodes) node.own = { ...node.own };
      for (const [node, name, own] of steps) for (const use of this.uses(node, name)) use.own[name] = own;
      this.forward(pixels);
      return this.lossFor(label);
    });
  }

  // Take the step: a change of the weights as by hand, kept with the epoch. The optimizer remembers it for the next
  // one, until the changes are undone, another epoch or another optimizer.
  takeStep(optimizer, rate) {
    const steps = this.stepped(optimizer, rate);
    const t = this.memory?.optimizer === optimizer ? this.memory.t : 0;
    this.memory = { optimizer, t: t + 1, slots: new Map() };
    for (const [node, name, own, slots] of steps) {
      this.memory.slots.set(this.weightName(node, name), slots);
      this.replace(node, name, own);
    }
  }
}

// Value and gradient of a loss, as in minicnn/losses.py, for one example; with each output's share of the value, and
// the p that the loss itself takes: its own of the logits, or of outputs that need not sum to 1.
export function lossOf({ kind, logits }, y, t) {
  const count = y.length;
  const clip = (p) => Math.min(Math.max(p, 1e-7), 1 - 1e-7);
  const each = (shares, gradient, p) => ({
    value: shares.reduce((a, b) => a + b, 0) / (kind === "categorical" ? 1 : count),
    shares,
    gradient,
    p,
  });
  if (kind === "squared") {
    return each(
      Array.from(y, (v, k) => (v - t[k]) ** 2),
      Array.from(y, (v, k) => (2 * (v - t[k])) / count),
      y,
    );
  }
  if (kind === "binary" && logits) {
    return each(
      Array.from(y, (v, k) => Math.max(v, 0) - v * t[k] + Math.log1p(Math.exp(-Math.abs(v)))),
      Array.from(y, (v, k) => (logistic(v) - t[k]) / count),
      Array.from(y, logistic),
    );
  }
  if (kind === "binary") {
    const p = Array.from(y, clip);
    return each(
      p.map((v, k) => -t[k] * Math.log(v) - (1 - t[k]) * Math.log1p(-v)),
      p.map((v, k) => (v === y[k] ? (v - t[k]) / (v * (1 - v)) / count : 0)),
      p,
    );
  }
  if (logits) {
    const { y: p, total, most } = softmax(y);
    return each(
      Array.from(y, (v, k) => t[k] * (most + Math.log(total) - v)),
      Array.from(p, (v, k) => v - t[k]),
      p,
    );
  }
  const total = y.reduce((a, b) => a + b, 0);
  const share = Array.from(y, (v) => v / total);
  const p = share.map(clip);
  const slope = p.map((v, k) => (v === share[k] ? -t[k] / v : 0));
  const mean = slope.reduce((sum, v, k) => sum + v * share[k], 0);
  return each(
    p.map((v, k) => -t[k] * Math.log(v)),
    slope.map((v) => (v - mean) / total),
    p,
  );
}
