// The palette blur as CSS: a stack of one-row gradients, because strict CSP forbids data: images.

const rows = 24;

// The keyframe that paints `grid` ({width, height, rgb}) behind an element; blur it by a third of a
// cell. `ratio` is the element's aspect ratio over the picture's where the element crops it
// (object-fit: cover), else 1.
export function paint({ width, height, rgb }, ratio) {
  const layers = [];
  for (let row = rows; row--; ) {
    const middle = ((row + 0.5) / rows - 0.5) * Math.min(1, 1 / ratio) + 0.5;
    let stops = '';
    for (let x = 0; x < width; x++) {
      const cell = (Math.floor(middle * height) * width + x) * 3;
      const place = (((x + 0.5) / width - 0.5) / Math.min(1, ratio) + 0.5) * 100;
      stops += `,rgb(${rgb.slice(cell, cell + 3)}) ${place}%`;
    }
    // Each row is two bands tall and the next one lies over its second: no seams.
    const place = (row / (rows - 2)) * 100;
    layers.push(`linear-gradient(90deg${stops}) 0 ${place}%/100% ${200 / rows}% no-repeat`);
  }
  const mean = [0, 0, 0];
  rgb.forEach((value, i) => (mean[i % 3] += value / width / height));
  return {
    background: layers.join(),
    // Around the element, so that its blurred edge does not fade into the page ...
    boxShadow: `0 0 0 99px rgb(${mean})`,
    // ... and not seen itself.
    clipPath: 'inset(0)',
  };
}
