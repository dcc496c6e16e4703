// What a long table of terms comes to, in one line, as the terminal says it (terms/verdict.py).

const POOLING = ["loses in max pooling", "lose in max pooling"];
const REASONS = [
  ["ReLU closed", ["ends at a closed ReLU", "end at closed ReLUs"]],
  ["won by input", ["loses to another input", "lose to another input"]],
  ["won by", POOLING],
  ["wins no window", POOLING],
  ["tie:", POOLING],
  ["no winner", POOLING],
  ["padding", ["met padding", "met padding"]],
];
const TIMES_ZERO = ["is multiplied by 0", "are multiplied by 0"];
const NOTHING = ["gets no gradient from what follows", "get no gradient from what follows"];

// terms: {where, dz, factor, note}.
export function verdict(terms) {
  const count = terms.length;
  if (!count) return "0: nothing after it reads it.";
  const values = terms.map(({ dz, factor }) => dz * factor);
  if (values.every((value) => value === 0)) return whyZero(terms);
  if (count === 1) return "One way leads here.";
  const up = values.filter((value) => value > 0).length;
  const down = values.filter((value) => value < 0).length;
  const rest = count - up - down;
  const parts = [`${up} of ${count} ways ${up === 1 ? "adds" : "add"} to it`];
  parts.push(`${down} ${down === 1 ? "takes" : "take"} from it`);
  if (rest) parts.push(`${rest} ${rest === 1 ? "is" : "are"} 0`);
  const sizes = values.map(Math.abs);
  const most = sizes.indexOf(Math.max(...sizes));
  const share = (100 * sizes[most]) / sizes.reduce((a, b) => a + b, 0);
  return `${parts.join(", ")}; the weightiest, ${terms[most].where}, has ${share.toFixed(0)}% of their size.`;
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

function whyOne({ note, factor }) {
  const known = REASONS.find(([remark]) => note.includes(remark));
  return known ? known[1] : factor === 0 ? TIMES_ZERO : NOTHING;
}
