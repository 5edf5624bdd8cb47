// Entry: paints each picture's blur, lets the picture in when it arrives, minds those that fail.
import { decodeBase } from './base.js';
import { paint } from './blur.js';
import { parseBundle } from './bundle.js';
import { openNotice } from './notice.js';
import { show } from './original.js';
import { recover } from './retry.js';
import { words } from './words.js';

const url = document.querySelector('link[rel=plic]').href;
const bundle = parseBundle(new Uint8Array(await (await fetch(url)).arrayBuffer()), url);
const known = new Map();

function adopt(img) {
  const picture = bundle.get(
    (img.currentSrc + img.outerHTML).match(/\w{16}(?=\/)/g)?.find((name) => bundle.has(name)),
  );
  if (!picture || known.get(img) == picture) return;
  if (!known.size) openNotice(known);
  known.set(img, picture);
  const settled = img.complete && img.currentSrc.includes(picture.digest);
  if (settled && img.naturalWidth) return;
  veil(img, picture);
  if (settled) fail({ target: img });
}

// The blur is an animation that stands still until the picture is there to be seen through it.
function veil(img, { width, height, base }) {
  const x = img.clientWidth / width;
  const y = img.clientHeight / height;
  // Nothing to paint, or an empty box: Chromium never fetches a lazy picture clipped in one.
  if (!(x * y * base.length)) return;
  // As object-fit: cover shows it, which without that is the whole.
  const scale = Math.max(x, y);
  const painted = paint(decodeBase(base, width, height), x / scale, y / scale);
  painted.clipPath = `inset(0 round ${getComputedStyle(img).borderRadius})`;
  const fade = img.animate(
    [{ ...painted, filter: `blur(${(scale * height) / 40}px)` }, painted], 400);
  fade.pause();
  img.addEventListener('load', async () => {
    await img.decode().catch(() => {});
    fade[matchMedia('(prefers-reduced-motion)').matches ? 'cancel' : 'play']();
  }, { once: true });
}

async function fail({ target: img }) {
  const picture = known.get(img);
  if (!picture) return;
  // Under Save-Data: one second chance, then the reader decides.
  recover(img, picture, navigator.connection?.saveData ? 2 : 6);
  if (!picture.original) return; // it is not published
  img.onclick = (event) => {
    event.preventDefault();
    show(img, picture.original);
  };
  img.onload = () => (img.onclick = img.title = '');
  [, , img.title] = await words;
}

const scan = () => [...document.images].forEach(adopt);
document.addEventListener('error', fail, true);
new MutationObserver(scan).observe(document, {
  subtree: true,
  childList: true,
  attributeFilter: ['src', 'srcset'],
});
scan();
