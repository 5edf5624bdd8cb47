// Entry: paints each picture's blur, lets the picture in when it arrives, minds those that fail.
import { decodeBase } from './base.js';
import { blur } from './blur.js';
import { parseBundle } from './bundle.js';
import { openNotice } from './notice.js';
import { show } from './original.js';
import { recover } from './retry.js';
import { words } from './words.js';

const url = document.querySelector('link[rel=plic]').href;
const bundle = parseBundle(new Uint8Array(await (await fetch(url)).arrayBuffer()), url);
const known = new Map();

function adopt(img) {
  const digests = (img.currentSrc + img.outerHTML).match(/\w{16}(?=\/)/g);
  const picture = bundle.get(digests?.find((name) => bundle.has(name)));
  if (!picture || known.get(img) == picture) return;
  if (!known.size) openNotice(bundle, known);
  known.set(img, picture);
  const settled = img.complete && img.currentSrc.includes(picture.digest);
  if (settled && img.naturalWidth) return;
  const { width, height, base } = picture;
  const cover = getComputedStyle(img).objectFit == 'cover';
  const ratio = cover ? (img.clientWidth * height) / (img.clientHeight * width) : 1;
  if (base.length) img.style.background = blur(decodeBase(base, width, height), ratio);
  if (settled) fail({ target: img });
}

async function arrive({ target: img }) {
  if (!known.has(img) || !img.style.background) return;
  await img.decode().catch(() => {});
  const clipPath = 'inset(0)';
  const start = { filter: `blur(${img.clientWidth / 64}px)`, clipPath };
  const time = matchMedia('(prefers-reduced-motion)').matches ? 0 : 350;
  img.animate([start, { clipPath }], time).onfinish = () => (img.style.background = '');
}

async function fail({ target: img }) {
  const picture = known.get(img);
  // Under Save-Data: one second chance, then the reader decides.
  const tries = navigator.connection?.saveData ? 2 : 6;
  if (!picture || (await recover(img, picture, tries))) return;
  [, , img.title] = await words;
  img.onclick = (event) => {
    event.preventDefault();
    img.onclick = img.title = '';
    show(img, picture.original);
  };
}

const adoptAll = () => [...document.images].forEach(adopt);
document.addEventListener('load', arrive, true);
document.addEventListener('error', fail, true);
new MutationObserver(adoptAll).observe(document, {
  subtree: true,
  childList: true,
  attributeFilter: ['src', 'srcset'],
});
adoptAll();
