// A net too large to compute here: the engine's own numbers of the maps that are shown, and what follows from these
// channel by channel (following.js). A number that is not carried is undefined.

import { Following, spread } from "./following.js";
import { Net } from "./net.js";
import { furthest, largest } from "./numbers.js";

export class CarriedNet extends Net {
  useEpoch(epoch) {
    this.epoch = epoch;
    const { take, carried } = this.payload;
    const taken = (at) => (Array.isArray(at) && typeof at[2] === "string" ? take(at) : at);
    this.nodes.forEach((node, i) => {
      node.own ??= Object.fromEntries(
        Object.entries(carried.weights[i] ?? {}).map(([name, at]) => [name, this.spreadOut(node, name, taken(at))]),
      );
    });
    this.following ??= new Following(this.nodes, carried.channels);
    if (this.picture !== undefined) this.forward(null, this.picture);
  }

  get whole() {
    return false;
  }

  get carried() {
    return this.payload.carried.pictures[this.picture];
  }

  // Arrays of one number a channel travel for the carried channels alone.
  spreadOut(node, name, array) {
    const channels = this.channels(node.index);
    const short = ["bias", "gamma", "beta", "moving_mean", "moving_variance"].includes(name);
    return channels && short && array.length === channels.length ? spread(array, channels, node.shape[2]) : array;
  }

  forward(pixels, picture) {
    const { take, carried } = this.payload;
    this.picture = picture;
    this.values = [this.fed(this.payload.pictures[picture].pixels)];
    this.carried.values.forEach((at, i) => {
      if (i) this.values[i] = carried.follows[i] ? this.following.forward(i, this.values) : at && take(at);
    });
    const [end, scores] = this.payload.carried.ends[this.epoch][picture].map(take);
    this.values[this.last] = end;
    this.values[this.start] = scores;
    this.gradients = null;
  }

  backward() {
    const { take } = this.payload;
    const { led } = this.payload.carried;
    this.gradients = this.carried.gradients.map((at) => at && take(at));
    for (let i = this.last; i >= 0; i--) {
      if (led[i]) this.gradients[i] = this.following.backward(i, this.values, this.gradients);
    }
    this.grads = this.carried.grads.map((own, i) =>
      Object.fromEntries(
        Object.entries(own ?? {}).map(([name, at]) => [name, at && this.spreadOut(this.nodes[i], name, take(at))]),
      ),
    );
    return this.gradients;
  }

  channels(index) {
    return this.payload.carried.channels[index];
  }

  mapOf(index, c) {
    return !this.channels(index) ? super.mapOf(index, c) : this.slice(this.values[index], index, c);
  }

  gradientMap(index, c) {
    return !this.channels(index) ? super.gradientMap(index, c) : this.slice(this.gradients[index], index, c);
  }

  slice(data, index, c) {
    const [height, width] = this.nodes[index].shape;
    const at = this.channels(index).indexOf(c) * height * width;
    return data.subarray(at, at + height * width);
  }

  // Where a number of an output lies among those carried, or -1.
  spot(index, at) {
    const { shape } = this.nodes[index];
    const channels = this.channels(index);
    if (!channels || shape.length < 3) return at;
    const k = channels.indexOf(at % shape[2]);
    return k < 0 ? -1 : k * shape[0] * shape[1] + Math.floor(at / shape[2]);
  }

  valueAt(index, at) {
    return this.values[index]?.[this.spot(index, at)];
  }

  gradientAt(index, at) {
    return this.gradients[index]?.[this.spot(index, at)];
  }

  // The same for a kernel.
  tapOf({ own, shape }, at) {
    const filters = shape[2];
    const rest = Math.floor(at / filters);
    const tap = Math.floor(rest / own.count);
    const i = own.inside.indexOf(rest % own.count);
    const k = own.maps.indexOf(at % filters);
    return i < 0 || k < 0 ? -1 : (tap * own.inside.length + i) * own.maps.length + k;
  }

  weight(node, name, at) {
    if (name === "kernel") {
      return node.kind === "Dense" ? this.denseWeight(node, at) : node.own.kernel[this.tapOf(node, at)];
    }
    return node.own[name]?.[at]; // the weights of a transposed convolution are not carried
  }

  denseWeight(node, at) {
    const own = this.carried.units[node.index];
    const unit = at % node.shape[0];
    if (own.kernel) return this.payload.take(own.kernel)[at];
    const row = own.units[unit];
    const k = row ? row.d.indexOf(Math.floor(at / node.shape[0])) : -1;
    return k < 0 ? undefined : this.payload.take(row.w)[k];
  }

  // A dense kernel's gradient is dz * x, both of which are carried whole.
  gradOf(node, name, at) {
    if (name !== "kernel") return this.grads[node.index][name][at];
    const units = node.shape[0];
    return node.kind === "Dense"
      ? this.gradientAt(node.index, at % units) * this.valueAt(node.inputs[0], Math.floor(at / units))
      : this.grads[node.index].kernel[this.tapOf(node, at)];
  }

  gradMost(node, name) {
    const dense = node.kind === "Dense" && name === "kernel";
    return dense
      ? largest(this.gradients[node.index]) * largest(this.values[node.inputs[0]])
      : super.gradMost(node, name);
  }

  gradPeak(node, name) {
    const { own, shape } = node;
    const units = shape[0];
    const found = this.grads[node.index][name];
    if (node.kind === "Dense" && name === "kernel") {
      return furthest(this.values[node.inputs[0]]) * units + furthest(this.gradients[node.index]);
    }
    if (shape.length < 3) return furthest(found);
    const maps = this.channels(node.index);
    if (name !== "kernel") return maps[furthest(maps.map((c) => found[c]))];
    const at = furthest(found);
    const rest = Math.floor(at / own.maps.length);
    const tap = Math.floor(rest / own.inside.length);
    return (tap * own.count + own.inside[rest % own.inside.length]) * shape[2] + own.maps[at % own.maps.length];
  }

  insideOf(node) {
    return node.own.inside;
  }

  get rates() {
    return this.carried.steps && { from: -5, to: 1, by: 0.5 };
  }

  lossAfterStep(pixels, label, rate) {
    return this.carried.steps[Math.round((Math.log10(rate) + 5) / 0.5)] ?? Infinity;
  }

  contributions(node, unit, count) {
    const x = this.values[node.inputs[0]];
    const own = this.carried.units[node.index];
    if (own.kernel) return super.contributions(node, unit, count, this.payload.take(own.kernel));
    const row = own.units[unit];
    if (!row) return { shown: [], rest: NaN, others: x.length };
    const w = this.payload.take(row.w);
    return { shown: row.d.map((d, k) => ({ d, x: x[d], w: w[k] })), rest: row.rest, others: own.others };
  }
}
