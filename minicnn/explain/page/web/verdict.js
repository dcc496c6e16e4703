// What a long table of terms comes to, in one line, as the terminal says it (terms/verdict.py, terms/reasons.py).

const REASONS = {
  relu: ["ends at a closed ReLU", "end at closed ReLUs"],
  input: ["loses to another input", "lose to another input"],
  pool: ["loses in max pooling", "lose in max pooling"],
  padding: ["met padding", "met padding"],
};
// How a remark begins: further on it may hold a layer's name, which can be any text. Of several the first one counts.
const BEGINNINGS = [
  ["ReLU closed", "relu"],
  ["won by input", "input"],
  ["won by [", "pool"],
  ["wins no window of ", "pool"],
  ["tie: ", "pool"],
  ["no winner", "pool"],
  ["padding", "padding"],
];
const TIMES_ZERO = ["is multiplied by 0", "are multiplied by 0"];
const NOTHING = ["gets no gradient from what follows", "get no gradient from what follows"];
const NO_READER = "nothing after it reads it";
const NO_PLACE = "every place that it would write to lies outside the output"; // of a transposed convolution's kernel

// Why a term would be 0, by the remarks beside it: a name of REASONS, or "".
export function reasonOf(remarks) {
  return BEGINNINGS.find(([begin]) => remarks.some((each) => each.startsWith(begin)))?.[1] ?? "";
}

// terms: {where, dz, factor, reason}, of a weight or of an output.
export function verdict(terms, ofWeight = false) {
  const count = terms.length;
  if (!count) return `0: ${ofWeight ? NO_PLACE : NO_READER}.`;
  const values = terms.map(({ dz, factor }) => dz * factor);
  const sizes = values.map(Math.abs);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (!Number.isFinite(total)) return notFinite(values);
  if (total === 0) return whyZero(terms);
  if (count === 1) return "One way leads here.";
  const up = values.filter((value) => value > 0).length;
  const down = values.filter((value) => value < 0).length;
  const rest = count - up - down;
  const parts = [`${up} of ${count} ways ${up === 1 ? "adds" : "add"} to it`];
  parts.push(`${down} ${down === 1 ? "takes" : "take"} from it`);
  if (rest) parts.push(`${rest} ${are(rest)} 0`);
  const most = sizes.reduce((best, size, at) => (size > sizes[best] ? at : best), 0);
  const share = Math.floor(100 * (sizes[most] / total) + 0.5);
  return `${parts.join(", ")}; the weightiest, ${terms[most].where}, has ${share}% of their size.`;
}

// What stands there in place of a verdict where only a part of the terms is carried.
export function partly(carried, count) {
  if (count === 1) return "One way leads here; this page does not carry it.";
  return `${count} ways lead here; this page carries ${carried || "none"} of them.`;
}

const are = (count) => (count === 1 ? "is" : "are");

// Which terms make a sum that is no number.
function notFinite(values) {
  const count = values.length;
  const missing = values.filter(Number.isNaN).length;
  const up = values.filter((value) => value === Infinity).length;
  const down = values.filter((value) => value === -Infinity).length;
  if (missing) return `NaN, since ${missing} of ${count} ways ${are(missing)} NaN.`;
  if (!up && !down) return "Too large for a number: the sizes of its ways add up to more than any.";
  if (up && down) {
    return `NaN, since of ${count} ways ${up} ${are(up)} infinite and ${down} ${are(down)} minus infinite.`;
  }
  return `${up ? "Infinite" : "Minus infinite"}, since ${up || down} of ${count} ways ${are(up || down)} infinite.`;
}

function whyZero(terms) {
  const counts = new Map();
  for (const term of terms) {
    const reason = whyOne(term);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const count = terms.length;
  const told = [...counts].sort((a, b) => b[1] - a[1]);
  if (told.length === 1) return `0, since ${count} of ${count} ways ${told[0][0][count > 1 ? 1 : 0]}.`;
  return `0, since of ${count} ways ${told.map(([reason, n]) => `${n} ${reason[n > 1 ? 1 : 0]}`).join(", ")}.`;
}

function whyOne({ reason, factor }) {
  return REASONS[reason] ?? (factor === 0 ? TIMES_ZERO : NOTHING);
}
