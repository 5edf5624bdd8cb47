// Swapping a reconstruction for its original, and back.

const kept = new WeakMap();

// Shows the file at `url` in `img`; without `url`, what the page had before. `srcset` outranks
// `src`; the descriptor stays, so that the picture keeps its natural size in the page.
export function show(img, url) {
  for (const element of img.closest('picture')?.children || [img]) {
    const before = kept.get(element) ?? element.srcset;
    element.srcset = url ? url + (before.match(/ [\d.]+\w$/) || '') : before;
    kept.set(element, url ? before : null);
  }
}
