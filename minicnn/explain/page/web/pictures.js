// A file of the reader's own: decoded by the browser, laid over white, and resized as the model's pictures were.

const LARGEST = 4096; // pixels a side that are decoded whole; larger pictures are shrunk by the browser first

export async function fitPicture(file, { size: [height, width], resize }, channels) {
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
  const rows = resize === "bilinear" ? triangle(source.height, height) : nearest(source.height, height);
  const columns = resize === "bilinear" ? triangle(source.width, width) : nearest(source.width, width);
  const pixels = new Float32Array(height * width * channels);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const rgb = [0, 0, 0];
      for (const [h, a] of rows[i]) {
        for (const [w, b] of columns[j]) {
          for (let c = 0; c < 3; c++) rgb[c] += a * b * source.data[(h * source.width + w) * 4 + c];
        }
      }
      const [red, green, blue] = rgb.map(Math.round);
      const own =
        channels === 1 ? [Math.round((19595 * red + 38470 * green + 7471 * blue) / 65536)] : [red, green, blue];
      pixels.set(own, (i * width + j) * channels);
    }
  }
  return pixels;
}

// For every new pixel the old ones that it takes, with their weights: the one under its centre ...
function nearest(from, to) {
  return Array.from({ length: to }, (_, i) => [[Math.min(from - 1, Math.floor(((i + 0.5) * from) / to)), 1]]);
}

// ... or, as Pillow's bilinear filter does, all under a triangle as wide as the shrinking.
function triangle(from, to) {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const taken = [];
    let total = 0;
    for (let at = Math.max(0, Math.floor(centre - reach)); at < Math.min(from, Math.ceil(centre + reach) + 1); at++) {
      const weight = Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach);
      if (weight > 0) {
        taken.push([at, weight]);
        total += weight;
      }
    }
    return taken.map(([at, weight]) => [at, weight / total]);
  });
}
