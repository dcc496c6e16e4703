// Layer and group normalization: mean and variance of the example's own numbers, a group at a time.

import { like } from "./numbers.js";

// The members of every group; for each number its group, and which gamma and beta it has. Groups follow from the axes
// over which a layer normalizes, counted without the batch's, or are some channels each.
function divided(node) {
  const { shape, settings } = node;
  const count = shape.reduce((a, b) => a * b, 1);
  const groups = [];
  const places = new Map(); // of the groups in `groups`
  const group = new Int32Array(count);
  const parameter = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let key = 0;
    let own = 0;
    let groupStep = 1;
    let ownStep = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
      if (settings.axes?.includes(axis)) {
        own += at * ownStep;
        ownStep *= shape[axis];
      } else if (settings.axes) {
        key += at * groupStep;
        groupStep *= shape[axis];
      } else if (axis === shape.length - 1) {
        own = at;
        key = Math.floor((at * settings.groups) / shape[axis]);
      }
    }
    parameter[i] = own;
    if (!places.has(key)) places.set(key, groups.push([]) - 1);
    group[i] = places.get(key);
    groups[group[i]].push(i);
  }
  return { groups, group, parameter };
}

// Mean and 1 / deviation of some numbers of x; x may be read by a function.
export function moments(members, read, epsilon) {
  let mean = 0;
  for (const i of members) mean += read(i) / members.length;
  let variance = 0;
  for (const i of members) variance += (read(i) - mean) ** 2 / members.length;
  return { mean, inverse: 1 / Math.sqrt(variance + epsilon) };
}

// The group that a number belongs to, and its gamma's and beta's place.
export function groupOf(node, at) {
  node.divided ??= divided(node);
  const { groups, group, parameter } = node.divided;
  return { members: groups[group[at]], own: parameter };
}

export const normalized = {
  forward(node, [x]) {
    node.divided ??= divided(node);
    const { gamma, beta } = node.own;
    const { groups, parameter } = node.divided;
    const y = like(x);
    for (const members of groups) {
      const { mean, inverse } = moments(members, (i) => x[i], node.settings.epsilon);
      for (const i of members) {
        const p = parameter[i];
        y[i] = (x[i] - mean) * inverse * (gamma ? gamma[p] : 1) + (beta ? beta[p] : 0);
      }
    }
    return y;
  },
  backward(node, [x], y, dy) {
    const { gamma, beta } = node.own;
    const { groups, parameter } = node.divided;
    const dx = like(x);
    const grads = {};
    if (gamma) grads.gamma = like(gamma);
    if (beta) grads.beta = like(beta);
    for (const members of groups) {
      const { mean, inverse } = moments(members, (i) => x[i], node.settings.epsilon);
      const xhat = (i) => (x[i] - mean) * inverse;
      const g = (i) => dy[i] * (gamma ? gamma[parameter[i]] : 1);
      let plain = 0;
      let along = 0;
      for (const i of members) {
        plain += g(i) / members.length;
        along += (g(i) * xhat(i)) / members.length;
        if (gamma) grads.gamma[parameter[i]] += dy[i] * xhat(i);
        if (beta) grads.beta[parameter[i]] += dy[i];
      }
      for (const i of members) dx[i] = (g(i) - plain - xhat(i) * along) * inverse;
    }
    return { dxs: [dx], grads };
  },
};
