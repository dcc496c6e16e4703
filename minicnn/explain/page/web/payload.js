// The data of this page: a JSON description, and one compressed block that holds all arrays, one after the other.

export async function readPayload() {
  const payload = JSON.parse(document.getElementById("payload").textContent);
  const buffer = await inflate(document.getElementById("blobs").textContent.trim());
  const kinds = { b: Uint8Array, i: Int8Array, f: Float32Array };
  const take = ([start, length, kind]) => new kinds[kind](buffer, start, length);
  for (const picture of payload.pictures) picture.pixels = Float32Array.from(take(picture.at));
  const taken = (at) => (at.levels ? restored(take(at.levels), take(at.scales)) : take(at));
  for (const epoch of payload.epochs) epoch.arrays = epoch.at.map(taken);
  payload.take = take;
  return payload;
}

// An array that travels in 8 bits, with a scale for each unit of its last axis.
function restored(levels, scales) {
  const array = new Float32Array(levels.length);
  for (let i = 0; i < array.length; i++) array[i] = levels[i] * scales[i % scales.length];
  return array;
}

async function inflate(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return await new Response(stream).arrayBuffer();
}
