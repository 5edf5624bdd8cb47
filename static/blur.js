// The palette blur as CSS: a stack of one-row gradients, because strict CSP forbids data: images.

const rows = 32;

// The CSS background that paints `grid` ({width, height, rgb}). `ratio` is the element's
// aspect ratio over the picture's where the element crops it (object-fit: cover), else 1.
export function blur({ width, height, rgb }, ratio) {
  const layers = [];
  for (let row = rows; row--; ) {
    const middle = 0.5 + ((row + 0.5) / rows - 0.5) * Math.min(1, 1 / ratio);
    const y = Math.min(Math.max(middle * height - 0.5, 0), height - 1);
    let stops = '';
    for (let x = 0; x < width; x++) {
      const colour = [0, 1, 2].map((channel) => {
        const line = (number) => rgb[(number * width + x) * 3 + channel];
        return line(Math.floor(y)) * (1 - (y % 1)) + line(Math.ceil(y)) * (y % 1);
      });
      const place = 50 + (((x + 0.5) / width - 0.5) / Math.min(1, ratio)) * 100;
      stops += `,rgb(${colour}) ${place}%`;
    }
    // Each row is two bands tall and the next one lies over its second: no seams.
    const place = (row / (rows - 2)) * 100;
    layers.push(`linear-gradient(90deg${stops}) 0 ${place}%/100% ${200 / rows}% no-repeat`);
  }
  return layers.join();
}
