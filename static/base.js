// Explained in docs/format.md.
export function decodeBase(bytes, width, height) {
  const side = (a, b) => Math.min(Math.sqrt(384 * a / b), 64, a + 7 >> 3) | 0 || 1;
  const w = side(width, height), h = side(height, width), n = w * h;
  const known = [], rgb = Array(n * 3).fill(128);
  const cos = (k, x, n) => Math.round(Math.cos(Math.PI * k * (x + .5) / n) * 1024);

  let span = 1, code = 0, at = 0;
  const bit = p => {
    for (; span < 2 ** 24; span *= 256) code = code * 256 + (bytes[at++] | 0);
    p *= span >>> 16;
    return code < p ? (span = p, 1) : (code -= p, span -= p, 0);
  };

  for (let i = 0; i < n * 3; i++) {
    const c = i / n | 0, v = i / w % h | 0, u = i % w, f = u * h + v * w;
    const here = 6666 * c + 66 * v + u, k = d => known[here - d] | 0;
    const e = k(1) + k(2) + k(66) + k(132) + ((c ? 16 : 60) * n / (16 * f + n) | 0);
    let p = 2 ** 16 * e * e / (e * e + 64) | 63, r = 0, q = 1;
    for (; r < 8 && bit(p); r++) p = p * p >>> 16 | 63;
    if (!r) continue;
    while (--r) q = 2 * q + bit(2 ** 15);
    known[here] = q;
    q *= Math.min(128, Math.sqrt((n * 5 + f * 2) * (c ? 15e4 : 9e4) / n ** 2) | 0);
    if (bit(2 ** 15)) q = -q;
    for (let j = 0; j < n * 3; j++) rgb[j] += q * cos(u, j / 3 % w | 0, w) * cos(v, j / 3 / w | 0, h)
      * [4, 4, 4, 0, -1, 7, 6, -3, 0][3 * c + j % 3] / 2 ** 26;
  }
  return {width: w, height: h, rgb: Uint8ClampedArray.from(rgb)};
}
