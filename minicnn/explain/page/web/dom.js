// Small helpers for the document. Text only ever goes in as text: a name with markup in it shows as it is.

import { paintLegend } from "./colours.js";
import { format, percent } from "./numbers.js";

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else if (name === "value") node.value = value;
    else if (name === "checked" || name === "disabled" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// Put children in place of what is there; null stands for none.
export function fill(node, ...children) {
  keepFocus(node, () =>
    node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined)),
  );
}

// Do work that draws a part of the page anew, and give the focus back to the control that had it: one of the same
// name, else the one in the same place. Without this the keyboard would start from the top after every change.
export function keepFocus(root, work) {
  const controls = () => [...root.querySelectorAll("button, select, input, [tabindex]")];
  const held = document.activeElement;
  const name = (node) =>
    [
      node.tagName,
      node.getAttribute("aria-label"),
      node.closest("label")?.firstChild.textContent,
      node.tagName === "BUTTON" && node.textContent,
    ].join();
  const at = held && root.contains(held) ? controls().indexOf(held) : -1;
  const wanted = at >= 0 && name(held);
  work();
  if (at < 0 || root.contains(held)) return;
  const after = controls();
  const same = after.filter((node) => name(node) === wanted);
  const next = same.length === 1 ? same[0] : after[at];
  if (next && next.tagName === held.tagName) next.focus({ preventScroll: true });
}

export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A drawing of lines and points, with the words that stand for it.
export function chart(width, height, words, ...children) {
  const properties = { viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", "aria-label": words };
  return svg("svg", properties, ...children);
}

// A text in a chart; it starts, ends or has its middle at x.
export function chartText(words, x, y, anchor = "start") {
  const node = svg("text", { x, y, "text-anchor": anchor });
  node.textContent = words;
  return node;
}

// A number that tests and screen readers can take whole: the text is rounded, data-value is not.
export function num(value, name = null, digits = 4) {
  return el(
    "span",
    { class: "num", "data-name": name, "data-value": value, title: String(value) },
    format(value, digits),
  );
}

export function select(label, options, value, change) {
  const box = el(
    "select",
    { onchange: () => change(box.value) },
    options.map(([key, text]) => el("option", { value: key, selected: String(key) === String(value) }, text)),
  );
  return el("label", { class: "field" }, el("span", {}, label), box);
}

export function numberField(label, value, change, properties = {}) {
  const box = el("input", {
    type: "number",
    step: "any",
    value,
    ...properties,
    onchange: () => {
      if (box.value !== "" && Number.isFinite(box.valueAsNumber)) change(box.valueAsNumber);
    },
  });
  return el("label", { class: "field" }, el("span", {}, label), box);
}

export function button(text, press, properties = {}) {
  return el("button", { type: "button", onclick: press, ...properties }, text);
}

// Two small buttons, to the entry before and to the next one.
export function steps(what, back, on, { first = false, last = false } = {}) {
  return el(
    "span",
    { class: "steps" },
    button("\u2039", back, { disabled: first, "aria-label": `previous ${what}` }),
    button("\u203a", on, { disabled: last, "aria-label": `next ${what}` }),
  );
}

// A table of numbers; its first column is text. `remarks` says that its last one is, too.
export function table(head, rows, { caption = null, remarks = false } = {}) {
  const row = (cells) =>
    el(
      "tr",
      { class: cells.kind ?? null },
      (cells.cells ?? cells).map((cell) => el("td", {}, cell)),
    );
  return el(
    "div",
    {},
    caption && el("p", { class: "hint" }, caption),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        { "aria-label": caption, class: remarks ? "remarks" : null },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            head.map((text) => (text ? el("th", { scope: "col" }, text) : el("td"))),
          ),
        ),
        el("tbody", {}, rows.map(row)),
      ),
    ),
  );
}

// The colours between -most and most; where `most` is null, between the signs alone.
export function legend(most, text) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  paintLegend(canvas);
  const ends = most === null ? ["\u2212", "+"] : [num(-most, null, 3), num(most, null, 3)];
  return el(
    "div",
    { class: "legend" },
    text ? el("span", { class: "legend-text" }, text) : null,
    ends[0],
    canvas,
    ends[1],
  );
}

export function bars(names, values, chosen, mark = null) {
  return el(
    "ul",
    { class: "bars", "aria-label": "prediction" },
    values.map((value, k) =>
      el(
        "li",
        { class: k === chosen ? "best" : null },
        el(
          "span",
          { class: "bar-name", title: names[k] },
          names[k] ?? `class ${k}`,
          k === mark ? el("span", { class: "truth" }, " true") : null,
        ),
        el(
          "span",
          { class: "bar", "aria-hidden": "true" },
          el("span", { style: { width: `${(100 * value).toFixed(2)}%` } }),
        ),
        el("span", { class: "bar-value num", "data-name": `p${k}`, "data-value": value }, percent(value)),
      ),
    ),
  );
}

export function say(text) {
  document.getElementById("live").textContent = text;
}
