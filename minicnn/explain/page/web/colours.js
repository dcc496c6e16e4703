// Colours of numbers: blue below zero, white at zero, orange above. Blue and orange stay apart for colour-blind eyes,
// and darker always means further from zero, so the scale also reads without any colour.

import { extent } from "./numbers.js";

const BELOW = [
  [255, 255, 255],
  [158, 202, 225],
  [49, 130, 189],
  [8, 48, 107],
];
const ABOVE = [
  [255, 255, 255],
  [253, 190, 112],
  [217, 95, 14],
  [102, 37, 6],
];
const STEPS = 255;
const TABLE = build();

function build() {
  const table = new Uint8ClampedArray((2 * STEPS + 1) * 3);
  for (let i = -STEPS; i <= STEPS; i++) {
    const stops = i < 0 ? BELOW : ABOVE;
    const at = (Math.abs(i) / STEPS) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    const part = at - k;
    for (let c = 0; c < 3; c++) table[(i + STEPS) * 3 + c] = stops[k][c] * (1 - part) + stops[k + 1][c] * part;
  }
  return table;
}

const step = (value, most) =>
  (most > 0 ? Math.round(Math.max(-1, Math.min(1, value / most)) * STEPS) + STEPS : STEPS) * 3;

export function colour(value, most) {
  const at = step(value, most);
  return `rgb(${TABLE[at]}, ${TABLE[at + 1]}, ${TABLE[at + 2]})`;
}

// Black or white, whichever stands out more on that colour (WCAG's relative luminance).
export function ink(value, most) {
  const at = step(value, most);
  const light = [0, 1, 2].map((c) => ((TABLE[at + c] / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.18 ? "#000" : "#fff";
}

// Paint numbers, one a pixel of the canvas; NaN is grey, `until` leaves what comes later blank.
export function paint(canvas, data, height, width, most, until = Infinity) {
  canvas.height = height;
  canvas.width = width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    const at = Number.isNaN(data[i]) ? -1 : step(data[i], most);
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = at < 0 ? 128 : TABLE[at + c];
    image.data[4 * i + 3] = i < until ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
}

// Paint a picture, grey or RGB, pixels 0 to 255, or 0 to 1 where none is larger than 2; another range is stretched.
export function paintPicture(canvas, pixels, [height, width, channels]) {
  canvas.height = height;
  canvas.width = width;
  const [least, most] = extent(pixels);
  const low = Math.min(0, least);
  const high = Math.max(most, most > 2 ? 255 : 1);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = ((pixels[i * channels + (channels === 1 ? 0 : c)] - low) / (high - low)) * 255;
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

export function paintLegend(canvas) {
  canvas.height = 1;
  canvas.width = 2 * STEPS + 1;
  const row = Float32Array.from({ length: canvas.width }, (_, i) => i - STEPS);
  paint(canvas, row, 1, row.length, STEPS);
}
