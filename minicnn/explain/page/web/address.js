// Where the reader is, as the page's address: view, picture, epoch, label, and the number that is looked at. So a
// number can be sent to somebody, and the browser's back button goes back to the number before.

import { ALONE } from "./scores.js";

// "#layers?picture=1&epoch=4&layer=re_lu_2&map=3&cell=5,6"; what a page has one of is left out.
export function writeAddress(app) {
  const { payload, net } = app;
  const parts = [];
  if (payload.pictures.length > 1) parts.push(["picture", app.picture]);
  if (payload.epochs.length > 1) parts.push(["epoch", net.epoch]);
  if (app.label !== app.ownLabel) parts.push(["label", app.label]);
  for (const part of Object.entries(app.view.place?.() ?? {})) {
    if (part[1] !== null && part[1] !== undefined) parts.push(part);
  }
  const text = parts.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
  return `#${app.view.name}${text && "?"}${text}`;
}

// What an address says: {view, picture, epoch, label, layer, map, cell, of, at}. What it says wrongly counts as unsaid.
export function readAddress(app, hash) {
  const [view, text = ""] = hash.replace(/^#/, "").split("?");
  const said = new URLSearchParams(text);
  const { pictures, epochs } = app.payload;
  const whole = (name, count) => {
    const value = Number(said.get(name) ?? NaN);
    return Number.isInteger(value) && value >= 0 && value < count ? value : null;
  };
  const layer = said.get("layer");
  const node = layer === "loss" ? layer : (app.net.nodes.find(({ name }) => name === layer) ?? null);
  const shape = node?.shape ?? [];
  const cell = (said.get("cell") ?? "").split(",").map(Number);
  const inside = cell.length === 2 && cell.every((at, k) => Number.isInteger(at) && at >= 0 && at < shape[k]);
  const map = whole("map", shape[shape.length - 1] ?? 0);
  return {
    view,
    picture: whole("picture", pictures.length),
    epoch: whole("epoch", epochs.length),
    label: whole("label", app.classes.length),
    node: node?.index ?? node,
    map: map !== null && node.index > 0 && !app.mapsOf(node.index).includes(map) ? null : map,
    cell: inside && shape.length === 3 ? cell : null,
    a: whole("a", app.classes.length),
    b: said.get("b") === "none" ? ALONE : whole("b", app.classes.length),
    of: said.get("of"),
    at: whole("at", Infinity),
  };
}
