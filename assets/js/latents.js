/**
 * Points of a latent space in the browser: read, blend and write them.
 * The layout is that of `Point` in pipelines/request.py: little-endian float32 in base64.
 */

/** The latent of a recipe's point. @returns {Float32Array | null} */
export function latentOf(request) {
  if (!request.point?.latent) return null;
  const bytes = Uint8Array.from(atob(request.point.latent), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

/** `request` at another latent of the same shape. */
export function at(request, latent) {
  const view = new DataView(new ArrayBuffer(latent.length * 4));
  latent.forEach((value, index) => view.setFloat32(index * 4, value, true));
  const bytes = new Uint8Array(view.buffer);
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x2000));
  }
  return { ...request, point: { ...request.point, seeds: [], latent: btoa(text) } };
}

/** Weighted sum of latents; the weights add up to 1. */
export function mix(latents, weights) {
  const sum = new Float32Array(latents[0].length);
  latents.forEach((latent, which) => {
    const weight = weights[which];
    if (weight) for (let index = 0; index < sum.length; index += 1) sum[index] += weight * latent[index];
  });
  return sum;
}

/** Weights of the corners (top left, top right, bottom left, bottom right) at x, y in [0, 1]. */
export function bilinear(x, y) {
  return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
}

/** The recipe at x, y between four baked ones; the kind is that of the nearest corner. */
export function blendCorners(corners, x, y) {
  const weights = bilinear(x, y);
  const nearest = corners[weights.indexOf(Math.max(...weights))];
  return at(nearest, mix(corners.map(latentOf), weights));
}
