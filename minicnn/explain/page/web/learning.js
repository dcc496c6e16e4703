// A step of learning on several pictures, as `train_on_batch` takes it. It runs in a worker, which is made of the
// page's own code: there no document is, and messages are answered instead.

import { Net } from "./net.js";

// All arrays of a net, in the nodes' order; and new ones in their place.
export const arraysOf = (net) => net.nodes.flatMap((node) => node.arrays.map((name) => node.own[name]));

function putArrays(net, arrays) {
  let at = 0;
  for (const node of net.nodes) for (const name of node.arrays) node.own[name] = arrays[at++];
}

// What a net is made of, without the weights: a worker's first message.
export const outline = ({ nodes, loss, preprocess, shapes }) => ({
  nodes,
  loss,
  preprocess,
  shapes,
  epochs: [{ arrays: [] }],
});

// Take one step with the mean gradient of a batch, [{pixels, label}, ...]; the loss is the batch's before the step.
function learn(net, { arrays, memory, batch, optimizer, rate }) {
  putArrays(net, arrays);
  net.memory = memory;
  let loss = 0;
  const means = net.nodes.map((node) => Object.fromEntries(node.learns.map((name) => [name, null])));
  for (const { pixels, label } of batch) {
    net.forward(pixels);
    loss += net.lossFor(label) / batch.length;
    net.backward(label);
    net.grads.forEach((grads, i) => {
      for (const [name, gradient] of Object.entries(grads)) {
        const mean = (means[i][name] ??= new Float64Array(gradient.length));
        for (let at = 0; at < mean.length; at++) mean[at] += gradient[at] / batch.length;
      }
    });
  }
  net.grads = means;
  net.takeStep(optimizer, rate);
  const weights = net.learned().map(([node, name]) => node.own[name]);
  return { arrays: arraysOf(net), weights, memory: net.memory, loss };
}

if (globalThis.WorkerGlobalScope) {
  let net = null;
  globalThis.onmessage = ({ data }) => {
    if (data.outline) net = new Net(data.outline);
    else globalThis.postMessage({ ticket: data.ticket, ...learn(net, data) });
  };
}
