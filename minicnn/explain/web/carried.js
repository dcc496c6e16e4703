// A net too large to compute here: the engine's own numbers of the maps that are shown, in place of every computation.

import { Net } from "./net.js";

export class CarriedNet extends Net {
  useEpoch(epoch) {
    this.epoch = epoch;
    const { take, carried } = this.payload;
    this.weights ??= carried.weights.map((own) => own && Object.fromEntries(Object.entries(own).map(([name, at]) => [name, name === "kernel" || name === "bias" ? take(at) : at])));
    if (this.picture !== undefined) this.forward(null, this.picture);
  }

  forward(pixels, picture) {
    const { take, carried, preprocess } = this.payload, own = carried.pictures[picture];
    this.picture = picture;
    this.values = own.values.map((at) => (at ? take(at) : null));
    this.values[0] = this.payload.pictures[picture].pixels.map((v) => v * preprocess.scale + preprocess.offset);
    const [end, scores] = carried.ends[this.epoch][picture].map(take);
    this.values[this.last] = end;
    if (this.loss.fused) this.values[this.nodes[this.last].inputs[0]] = scores;
    this.gradients = null;
  }

  backward() {
    this.gradients = this.payload.carried.pictures[this.picture].gradients.map((at) => (at ? this.payload.take(at) : null));
    this.grads = this.nodes.map(() => ({}));
    return this.gradients;
  }

  channels(index) {
    return this.payload.carried.channels[index];
  }

  mapOf(index, c) {
    return index === 0 ? super.mapOf(0, c) : this.slice(this.values[index], index, c);
  }

  gradientMap(index, c) {
    return index === 0 ? super.gradientMap(0, c) : this.slice(this.gradients[index], index, c);
  }

  slice(data, index, c) {
    const [height, width] = this.nodes[index].shape, at = this.channels(index).indexOf(c) * height * width;
    return data.subarray(at, at + height * width);
  }

  weight(node, name, at) {
    const own = this.weights[node.index];
    if (name === "bias") return own.bias[at];
    const filters = node.shape[2], f = at % filters, rest = Math.floor(at / filters), tap = Math.floor(rest / own.count), c = rest % own.count;
    const i = own.inside.indexOf(c), k = own.maps.indexOf(f);
    return i < 0 || k < 0 ? 0 : own.kernel[(tap * own.inside.length + i) * own.maps.length + k];
  }

  kernelOf(node) {
    return this.weights[node.index].kernel;
  }

  contributions(node, unit, count) {
    const x = this.values[node.inputs[0]], own = this.payload.carried.pictures[this.picture].units[node.index];
    if (own.kernel) return super.contributions(node, unit, count, this.payload.take(own.kernel));
    const row = own.units[unit];
    if (!row) return { shown: [], rest: NaN, others: x.length };
    const w = this.payload.take(row.w);
    return { shown: row.d.map((d, k) => ({ d, x: x[d], w: w[k] })), rest: row.rest, others: own.others };
  }
}
