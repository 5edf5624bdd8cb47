import assert from 'node:assert/strict';
import test from 'node:test';
import { delay, recover } from '../../static/retry.js';

test('waits grow twofold from one second', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((n) => delay(n, null, 0)), [1e3, 2e3, 4e3, 8e3, 16e3, 32e3]);
});

test('Retry-After is a lower bound', () => {
  assert.equal(delay(1, '7', 0), 7000);
  assert.equal(delay(5, '7', 0), 16000);
});

test('a Retry-After that is no number of seconds is passed over', () => {
  assert.equal(delay(1, 'Wed, 21 Oct 2026 07:28:00 GMT', 0), 1000);
  assert.equal(delay(1, undefined, 0), 1000);
});

test('jitter only ever lengthens, by half at most', () => {
  for (let i = 0; i < 100; i++) {
    const wait = delay(1, '4');
    assert.ok(wait >= 4000 && wait <= 6000);
  }
});

// Runs `recover` against scripted replies; counts what it asked and restarted, and its waits.
async function against(replies, tries, picture = { tries: 0 }) {
  const waits = [];
  const asked = [];
  const { fetch, setTimeout } = globalThis;
  globalThis.setTimeout = (wake, wait) => (waits.push(wait), queueMicrotask(wake));
  globalThis.fetch = async (url) => {
    asked.push(url);
    const reply = replies[Math.min(asked.length, replies.length) - 1];
    if (!reply) throw TypeError('Failed to fetch');
    return new Response('x', reply);
  };
  let restarted = 0;
  const img = {
    currentSrc: '/_plic/0/1.webp',
    get src() {
      return '/_plic/0/1.webp';
    },
    set src(url) {
      restarted++;
    },
  };
  try {
    await recover(img, picture, tries);
    return { asked: asked.length, waits, restarted };
  } finally {
    Object.assign(globalThis, { fetch, setTimeout });
  }
}

const busy = { status: 503, headers: { 'Retry-After': '3' } };

test('a busy edge is asked again after Retry-After, then the picture starts again', async () => {
  const { asked, waits, restarted } = await against([busy, busy, { status: 200 }], 6);
  assert.deepEqual([asked, restarted], [3, 1]);
  assert.ok(waits.every((wait) => wait >= 3000 && wait <= 4500), String(waits));
});

test('an edge that is gone is given up after the last try', async () => {
  const { asked, restarted } = await against([null], 6);
  assert.deepEqual([asked, restarted], [6, 0]);
});

test('a picture that does not exist is given up at once', async () => {
  const { asked, waits, restarted } = await against([{ status: 404 }], 6);
  assert.deepEqual([asked, waits, restarted], [1, [], 0]);
});

test('a picture that arrives but cannot be decoded is not asked for without end', async () => {
  const picture = { tries: 0 };
  let rounds = 0;
  while ((await against([{ status: 200 }], 6, picture)).restarted) rounds++;
  assert.equal(rounds, 6);
});
