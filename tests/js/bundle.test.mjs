import assert from 'node:assert/strict';
import test from 'node:test';
import { parseBundle } from '../../static/bundle.js';

const url = 'https://example.org/sub/_plic/0123.bases';
const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const field = (bytes) => [...varint(bytes.length), ...bytes];
const picture = ({ digest, numbers, path, base }) => [
  ...Buffer.from(digest, 'hex'),
  ...numbers.flatMap(varint),
  ...field(new TextEncoder().encode(path)),
  ...field(base),
];
const one = {
  digest: '00ff10a0deadbeef',
  numbers: [1200, 800, 184230, 812],
  path: 'images/caf%C3%A9 é.jpg',
  base: [1, 2, 255],
};
const two = { digest: 'ffffffffffffffff', numbers: [1, 4096, 2 ** 33, 0], path: 'a.png', base: [] };
const bundle = (...pictures) =>
  Uint8Array.from([80, 66, 1, ...varint(pictures.length), ...pictures.flatMap(picture)]);

test('a bundle gives back each picture by its digest', () => {
  const pictures = parseBundle(bundle(one, two), url);
  assert.deepEqual([...pictures.keys()], [one.digest, two.digest]);
  const { width, height, cost, paid, original, base } = pictures.get(one.digest);
  assert.deepEqual([width, height, cost, paid], one.numbers);
  assert.equal(original, 'https://example.org/sub/images/caf%C3%A9%20%C3%A9.jpg');
  assert.deepEqual([...base], one.base);
});

test('an original may lie elsewhere, or nowhere', () => {
  const elsewhere = { ...one, path: 'https://media.example/site/a%20b.jpg' };
  const pictures = parseBundle(bundle(elsewhere, { ...two, path: '' }), url);
  assert.equal(pictures.get(one.digest).original, elsewhere.path);
  assert.equal(pictures.get(two.digest).original, '');
});

test('numbers beyond 32 bits survive', () => {
  assert.equal(parseBundle(bundle(two), url).get(two.digest).cost, 2 ** 33);
});

test('a bundle of no pictures is empty', () => {
  assert.equal(parseBundle(bundle(), url).size, 0);
});

test('a bundle cut inside a picture is refused, wherever it is cut', () => {
  const whole = bundle(one, two);
  const between = bundle(one).length;
  for (let length = 5; length < whole.length; length++) {
    if (length == between) continue;
    assert.throws(() => parseBundle(whole.subarray(0, length), url), undefined, `at ${length}`);
  }
});

test('another version is refused', () => {
  const bytes = bundle(one);
  bytes[2] = 2;
  assert.throws(() => parseBundle(bytes, url));
});

test('a number without an end is refused', () => {
  assert.throws(() => parseBundle(new Uint8Array(1e6).fill(255), url));
});
