// The data of this page: a JSON description, and one compressed block that holds all arrays, one after the other.

export async function readPayload() {
  const payload = JSON.parse(document.getElementById("payload").textContent);
  const buffer = await inflate(document.getElementById("blobs").textContent.trim());
  const take = ([start, length, kind]) =>
    kind === "b" ? new Uint8Array(buffer, start, length) : new Float32Array(buffer, start, length);
  for (const picture of payload.pictures) picture.pixels = Float32Array.from(take(picture.at));
  for (const epoch of payload.epochs) epoch.arrays = epoch.at.map(take);
  payload.take = take;
  return payload;
}

async function inflate(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return await new Response(stream).arrayBuffer();
}
