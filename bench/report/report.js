// Puts each decoded picture over its original, with a slider between them. Without this script
// they stand side by side.
const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let number = 0;

function compare(versions) {
  const figures = [...versions.querySelectorAll('figure:not(.original)')];
  if (!figures.length) return;
  const name = `version-${++number}`;
  const choose = (figure) =>
    figures.forEach((other) => other.classList.toggle('chosen', other == figure));
  const first = figures.find((figure) => 'main' in figure.dataset) ?? figures[0];
  choose(first);
  const lines = new Map();
  figures.forEach((figure) => {
    const { codec, label, rate } = figure.dataset;
    if (!lines.has(codec)) lines.set(codec, make('div', {}, make('span', {}, label)));
    const checked = figure == first;
    const input = make('input', { type: 'radio', name, checked, onchange: () => choose(figure) });
    input.ariaLabel = `${label}, ${rate}`;
    lines.get(codec).append(make('label', {}, input, rate));
  });
  const slider = make('input', {
    type: 'range',
    min: 0,
    max: 100,
    step: 0.5,
    value: 50,
    ariaLabel: 'Share of the original that is shown, from the left',
    oninput: () => versions.style.setProperty('--at', `${slider.value}%`),
  });
  const divider = make('span', { className: 'divider', ariaHidden: true });
  const legend = make('legend', {}, 'Left: original. Right:');
  versions.before(make('fieldset', {}, legend, ...lines.values()));
  versions.append(slider, divider);
  versions.classList.add('compare');
}

document.querySelectorAll('.versions').forEach(compare);

// A link to a picture behind the closed details opens them.
const rest = document.querySelector('.rest');
const reveal = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!rest?.contains(target) || rest.open) return;
  rest.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', reveal);
reveal();

// One kind of picture at a time, where there are several.
const cards = [...document.querySelectorAll('.card')];
const kinds = [...new Set(cards.map((card) => card.dataset.kind))].sort();
if (kinds.length > 1) {
  const options = ['all kinds', ...kinds].map((kind) => make('option', { value: kind }, kind));
  const filter = make('select', {
    onchange: () =>
      cards.forEach((card) => {
        card.hidden = filter.selectedIndex > 0 && card.dataset.kind != filter.value;
      }),
  }, ...options);
  document.querySelector('.cards').before(make('label', { className: 'filter' }, 'Show ', filter));
}
