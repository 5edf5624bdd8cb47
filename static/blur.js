// The palette blur as CSS: a stack of one-row gradients, because strict CSP forbids data: images.

const rows = 24;

// The styles that paint `grid` ({width, height, rgb}) behind an element; blur it by a third of
// a cell or so. `across` and `down`: the shares of the picture that the element shows.
export function paint({ width, height, rgb }, across, down) {
  const layers = [];
  for (let row = rows; row--; ) {
    const middle = ((row + 0.5) / rows - 0.5) * down + 0.5;
    let stops = '';
    for (let x = 0; x < width; x++) {
      const at = (Math.floor(middle * height) * width + x) * 3;
      const place = (((x + 0.5) / width - 0.5) / across + 0.5) * 100;
      stops += `,rgb(${rgb.slice(at, at + 3)}) ${place}%`;
    }
    // Each row is two bands tall and the next one lies over its second: no seams.
    const place = (row / (rows - 2)) * 100;
    layers.push(`linear-gradient(90deg${stops}) 0 ${place}%/100% ${200 / rows}% no-repeat`);
  }
  const mean = [0, 0, 0];
  rgb.forEach((value, i) => (mean[i % 3] += value / width / height));
  return {
    background: layers.join(),
    // Around the element, so that its blurred edge does not fade into the page.
    boxShadow: `0 0 0 99px rgb(${mean})`,
  };
}
