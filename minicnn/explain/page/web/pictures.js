// A file of the reader's own: decoded by the browser, laid over white, and cut, resized and inverted as the model's
// pictures were.

const LARGEST = 4096; // pixels a side that are decoded whole; larger pictures are shrunk by the browser first

export async function fitPicture(file, { size: [height, width], resize, crop, invert }, channels) {
  const bitmap = await createImageBitmap(file);
  const shrink = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * shrink));
  canvas.height = Math.max(1, Math.round(bitmap.height * shrink));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const source = context.getImageData(0, 0, canvas.width, canvas.height);
  if (channels === 1) makeGrey(source.data);
  const scale = crop === "centre" ? Math.max(width / source.width, height / source.height) : 0; // new pixels an old one
  const columns = shares(resize, source.width, width, scale);
  const rows = shares(resize, source.height, height, scale);
  const small = resized(source, columns, rows);
  const pixels = new Float32Array(height * width * channels);
  for (let at = 0; at < height * width; at++) {
    for (let c = 0; c < channels; c++) {
      const value = small[at * 3 + c];
      pixels[at * channels + c] = invert ? 255 - value : value;
    }
  }
  return pixels;
}

// Red, green and blue become the grey that Pillow makes of them, before anything is resized.
function makeGrey(data) {
  for (let at = 0; at < data.length; at += 4) {
    data.fill((19595 * data[at] + 38470 * data[at + 1] + 7471 * data[at + 2] + 32768) >> 16, at, at + 3);
  }
}

// Resize both axes, as Pillow: first the one that leaves fewer pixels to the other, rounded in between.
function resized({ data, width, height }, columns, rows) {
  if (rows.length * width < height * columns.length) {
    const low = squeeze(data, width, 4, width * 4, rows, rows.length, true);
    return squeeze(low, rows.length, width * 3, 3, columns, columns.length);
  }
  const narrow = squeeze(data, height, width * 4, 4, columns, columns.length);
  return squeeze(narrow, columns.length, 3, columns.length * 3, rows, rows.length, true);
}

// Resize one of a picture's two axes. `lines` lie `stride` numbers apart, the pixels of a line `step`; what comes out
// has its lines one after the other, or, `across`, beside each other.
function squeeze(data, lines, stride, step, places, length, across = false) {
  const result = new Uint8ClampedArray(lines * length * 3); // rounds, and stops at 0 and 255
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      const to = (across ? i * lines + line : line * length + i) * 3;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [at, weight] of places[i]) sum += weight * data[line * stride + at * step + c];
        result[to + c] = sum;
      }
    }
  }
  return result;
}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

// Pillow's filters: how far each reaches, and its weight at a distance.
const FILTERS = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  hamming: [1, (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0)],
  bicubic: [2, (x) => cubic(Math.abs(x))],
  lanczos: [3, (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

function cubic(x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

// How wide a new pixel is, in old ones, and where the first begins: on the whole axis, or, `scale` given, on its
// centre. A canvas, whose filter is tf-bilinear, skips whole new pixels.
function axis(resize, from, to, scale) {
  if (!scale) return [from / to, 0];
  if (resize !== "tf-bilinear") return [1 / scale, (from - to / scale) / 2];
  const drawn = Math.ceil(from * scale);
  return [from / drawn, (Math.trunc((drawn - to) / 2) * from) / drawn];
}

// For every new pixel the old ones that it takes, with their weights: the one under its centre, or, as Pillow's filters
// do, all within reach, which grows with the shrinking.
function shares(resize, from, to, scale) {
  const [step, first] = axis(resize, from, to, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = first + (i + 0.5) * step;
    if (resize === "nearest") return [[Math.min(from - 1, Math.floor(centre)), 1]];
    if (resize === "tf-bilinear") {
      const low = Math.floor(centre - 0.5); // between two pixels, however much is shrunk
      const clip = (at) => Math.min(from - 1, Math.max(0, at));
      return [
        [clip(low), low + 1.5 - centre],
        [clip(low + 1), centre - 0.5 - low],
      ];
    }
    const [reach, weigh] = FILTERS[resize];
    const wide = Math.max(step, 1);
    const taken = [];
    let total = 0;
    const last = Math.min(from, Math.floor(centre + reach * wide + 0.5));
    for (let at = Math.max(0, Math.floor(centre - reach * wide + 0.5)); at < last; at++) {
      const weight = weigh((at + 0.5 - centre) / wide);
      taken.push([at, weight]);
      total += weight;
    }
    return taken.map(([at, weight]) => [at, weight / total]);
  });
}
