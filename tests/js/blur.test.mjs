import assert from 'node:assert/strict';
import test from 'node:test';
import { blur } from '../../static/blur.js';

// A grid whose red runs 0..240 downwards and whose green runs 0..200 to the right.
const width = 6;
const height = 4;
const rgb = Array.from({ length: width * height }, (_, i) => [
  Math.floor(i / width) * 80,
  (i % width) * 40,
  7,
]).flat();

// The layers, first row first: their stops as [r, g, b, place] and their offset in percent.
const read = (css) =>
  css
    .split(' no-repeat')
    .filter(Boolean)
    .map((layer) => ({
      stops: [...layer.matchAll(/rgb\(([^)]*)\) ([-\d.e]+)%/g)].map(([, colour, place]) => [
        ...colour.split(',').map(Number),
        Number(place),
      ]),
      offset: Number(layer.match(/\) 0 ([\d.]+)%/)[1]),
    }))
    .reverse();

test('every row has one stop a column, at the middle of its cell', () => {
  for (const { stops } of read(blur({ width, height, rgb }, 1))) {
    assert.equal(stops.length, width);
    stops.forEach((stop, x) => assert.ok(Math.abs(stop[3] - ((x + 0.5) / width) * 100) < 1e-9));
    assert.deepEqual(stops.map((stop) => stop[1]), [0, 40, 80, 120, 160, 200]);
  }
});

test('rows run evenly between the lines of the grid, and hold at its ends', () => {
  const rows = read(blur({ width, height, rgb }, 1));
  const reds = rows.map(({ stops }) => stops[0][0]);
  assert.equal(reds[0], 0);
  assert.equal(reds.at(-1), 240);
  reds.forEach((red, i) => {
    const middle = ((i + 0.5) / rows.length) * height - 0.5;
    const expected = 80 * Math.min(Math.max(middle, 0), height - 1);
    assert.ok(Math.abs(red - expected) < 1e-9, `row ${i}: ${red}, not ${expected}`);
  });
});

test('rows cover the box without a gap', () => {
  const css = blur({ width, height, rgb }, 1);
  const tall = Number(css.match(/100% ([\d.]+)%/)[1]);
  const rows = read(css);
  rows.forEach(({ offset }, i) => {
    // `offset` percent of the box stands over `offset` percent of the layer.
    const top = (offset / 100) * (100 - tall);
    assert.ok(Math.abs(top - (i / rows.length) * 100) < 1e-9);
    assert.ok(tall > 100 / rows.length);
  });
});

test('an element that crops the sides shows the middle columns', () => {
  const [{ stops }] = read(blur({ width, height, rgb }, 0.5));
  assert.ok(Math.abs(stops[0][3] - (50 + (0.5 / 6 - 0.5) * 200)) < 1e-9);
  assert.ok(stops[0][3] < 0 && stops.at(-1)[3] > 100);
});

test('an element that crops top and bottom shows the middle lines', () => {
  const rows = read(blur({ width, height, rgb }, 2));
  assert.ok(rows[0].stops[0][0] > 0 && rows.at(-1).stops[0][0] < 240);
  assert.ok(Math.abs(rows[0].stops[0][0] + rows.at(-1).stops[0][0] - 240) < 1e-9);
});

test('a grid of one cell is one colour', () => {
  const rows = read(blur({ width: 1, height: 1, rgb: [1, 2, 3] }, 1));
  rows.forEach(({ stops }) => assert.deepEqual(stops, [[1, 2, 3, 50]]));
});
