// How a net's numbers are spread: histograms, and ReLUs that are closed. The twins of minicnn/explain/spread.

// Count numbers in bins from -most to most; what is exactly 0 is counted apart, what is no number nowhere.
export function histogram(values, most, bins) {
  const reach = most || 1;
  const edge = (k) => -reach + (k / bins) * 2 * reach;
  const counts = new Array(bins).fill(0);
  let zeros = 0;
  for (const value of values) {
    if (value === 0) zeros += 1;
    if (value === 0 || !(Math.abs(value) <= reach)) continue;
    let k = Math.min(bins - 1, Math.floor(((value + reach) / (2 * reach)) * bins));
    if (value < edge(k)) k -= 1;
    else if (k < bins - 1 && value >= edge(k + 1)) k += 1;
    counts[k] += 1;
  }
  return { counts, zeros };
}

const closes = ({ kind, settings }) =>
  kind === "ReLU" ? !settings.negative_slope : ["relu", "relu6"].includes(settings.function);

export const closingNodes = (nodes) => nodes.filter(closes);

// Of each ReLU the units that return more than 0 somewhere: channels of maps, or entries of a row.
export function openUnits(net) {
  return new Map(
    closingNodes(net.nodes).map(({ index, shape }) => {
      const units = shape[shape.length - 1];
      const open = new Array(units).fill(false);
      net.values[index].forEach((value, at) => {
        if (value > 0) open[at % units] = true;
      });
      return [index, open];
    }),
  );
}
