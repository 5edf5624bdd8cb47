// The page's base decoder against the vectors that the Python decoder also passes.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import test from "node:test";

import {decodeBase} from "../../static/base.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/base.json", import.meta.url)));

for (const {name, width, height, section, grid, rgb} of vectors)
  test(`base of ${name}`, () => {
    const decoded = decodeBase(Buffer.from(section, "hex"), width, height);
    assert.deepEqual([decoded.width, decoded.height], grid);
    assert.equal(Buffer.from(decoded.rgb).toString("hex"), rgb);
  });

test("a base cut short still decodes to a picture", () => {
  const [{width, height, section}] = vectors;
  const bytes = Buffer.from(section, "hex");
  for (let length = 0; length < bytes.length; length += 7) {
    const {rgb, width: w, height: h} = decodeBase(bytes.subarray(0, length), width, height);
    assert.equal(rgb.length, 3 * w * h);
  }
});
