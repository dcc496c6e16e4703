// Import the page's modules as they are, each by its own file, and answer what Python asks: a line of JSON each.
//   node modules.mjs FOLDER NAME...      lab.NAME is then the module, in every question
//   {code, argument} -> {value} or {fault}; code is an expression, or a function that gets the argument
// Numbers that JSON lacks travel as {"$": "NaN"}.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, ...names] = process.argv.slice(2);
globalThis.lab = {};
for (const name of names) globalThis.lab[name] = await import(`${pathToFileURL(folder)}/${name}.js`);

const lacking = (value) => typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0));
const sent = (key, value) => (lacking(value) ? { $: Object.is(value, -0) ? "-0" : String(value) } : value);
const read = (key, value) => (value && typeof value === "object" && "$" in value ? Number(value.$) : value);

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { code, argument } = JSON.parse(line, read);
    const found = (0, eval)(code);
    const value = typeof found === "function" ? await found(argument) : found;
    answer = { value: value ?? null };
  } catch (fault) {
    answer = { fault: String(fault?.stack ?? fault) };
  }
  process.stdout.write(`${JSON.stringify(answer, sent)}\n`);
}
