import assert from 'node:assert/strict';
import test from 'node:test';
import { paint } from '../../static/blur.js';

// A grid whose red runs 0..210 downwards and whose green runs 0..200 to the right.
const width = 6;
const height = 8;
const rgb = Uint8ClampedArray.from(
  Array.from({ length: width * height }, (_, i) => [
    Math.floor(i / width) * 30,
    (i % width) * 40,
    7,
  ]).flat(),
);
const grid = { width, height, rgb };

// The layers, first row first: their stops as [r, g, b, place], and top and height in percent.
const read = ({ background }) =>
  background
    .split(' no-repeat')
    .filter(Boolean)
    .map((layer) => {
      const [, offset, tall] = layer.match(/\) 0 ([\d.]+)%\/100% ([\d.]+)%$/).map(Number);
      const stops = [...layer.matchAll(/rgb\(([^)]*)\) ([-\d.e]+)%/g)];
      return {
        stops: stops.map(([, colour, place]) => [...colour.split(',').map(Number), Number(place)]),
        // `offset` percent of the box stands over `offset` percent of the layer.
        top: (offset / 100) * (100 - tall),
        tall,
      };
    })
    .reverse();
const near = (a, b) => Math.abs(a - b) < 1e-6;

test('every row has one stop a column, at the middle of its cell', () => {
  for (const { stops } of read(paint(grid, 1, 1))) {
    assert.deepEqual(stops.map((stop) => stop[1]), [0, 40, 80, 120, 160, 200]);
    stops.forEach((stop, x) => assert.ok(near(stop[3], ((x + 0.5) / width) * 100)));
  }
});

test('every row shows the line of the grid under its middle', () => {
  const rows = read(paint(grid, 1, 1));
  rows.forEach(({ stops }, i) => {
    const line = Math.floor(((i + 0.5) / rows.length) * height);
    assert.equal(stops[0][0], line * 30);
  });
});

test('rows cover the box without a gap, later ones on top', () => {
  const rows = read(paint(grid, 1, 1));
  rows.forEach(({ top, tall }, i) => {
    assert.ok(near(top, (i / rows.length) * 100), `row ${i} stands at ${top}`);
    assert.ok(near(tall, 200 / rows.length));
  });
});

test('an element that crops the sides shows the middle columns', () => {
  const [{ stops }] = read(paint(grid, 0.5, 1));
  assert.ok(near(stops[0][3], 50 + (0.5 / width - 0.5) * 200));
  assert.ok(stops[0][3] < 0 && stops.at(-1)[3] > 100);
});

test('an element that crops top and bottom shows the middle lines', () => {
  const rows = read(paint(grid, 1, 0.5));
  assert.equal(rows[0].stops[0][0], 60);
  assert.equal(rows.at(-1).stops[0][0], 150);
  assert.ok(near(rows[0].stops[0][3], (0.5 / width) * 100));
});

test('a grid of one cell is one colour', () => {
  const { boxShadow, ...rest } = paint({ width: 1, height: 1, rgb: Uint8ClampedArray.of(1, 2, 3) }, 1, 1);
  read(rest).forEach(({ stops }) => assert.deepEqual(stops, [[1, 2, 3, 50]]));
  assert.ok(boxShadow.endsWith(' rgb(1,2,3)'));
});

test('the edge is continued in the mean colour', () => {
  const [red, green, blue] = paint(grid, 1, 1).boxShadow.match(/rgb\((.*)\)/)[1].split(',').map(Number);
  assert.ok(near(red, 105) && near(green, 100) && near(blue, 7));
});
