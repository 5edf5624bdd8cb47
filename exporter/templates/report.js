// Lays a picture's versions on top of each other with a slider between them, and works out the
// cost at the price that the reader types. Without this script they stand side by side.
const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let number = 0;

function compare(versions) {
  const lefts = [...versions.querySelectorAll('figure')];
  const right = lefts.pop();
  if (!lefts.length) return;
  right.classList.add('right');
  const name = versions.dataset.name;
  const label = (figure) => figure.querySelector('figcaption').textContent;
  const choose = (chosen) => {
    lefts.forEach((figure) => figure.classList.toggle('chosen', figure == chosen));
    move();
  };
  const slider = make('input', { type: 'range', min: 0, max: 100, value: 50, oninput: move });
  slider.ariaLabel = `${name}: share of the left version that is shown`;
  function move() {
    const shown = versions.querySelector('.chosen');
    versions.style.setProperty('--at', `${slider.value}%`);
    slider.ariaValueText = `${slider.value} % ${label(shown)}`;
  }
  versions.append(slider, make('span', { className: 'divider', ariaHidden: true }));
  versions.classList.add('compare');
  choose(lefts[0]);
  if (lefts.length == 1) return;
  const group = `left-${++number}`;
  const choices = lefts.map((figure, at) =>
    make('label', {}, make('input', {
      type: 'radio', name: group, checked: !at, onchange: () => choose(figure),
    }), label(figure)));
  const field = make('fieldset', {}, make('legend', {}, 'On the left: '), ...choices);
  field.ariaLabel = `${name}, on the left`;
  versions.after(field);
}

document.querySelectorAll('.versions').forEach(compare);
document.querySelector('.cards')?.classList.add('grid');

const price = document.getElementById('price');
const currency = document.getElementById('currency');
price.closest('.price').hidden = false;
const reckon = () => {
  const known = price.value != '' && price.valueAsNumber >= 0;
  for (const row of document.querySelectorAll('.cost')) {
    row.hidden = !known;
    row.querySelector('.currency').textContent = currency.value && `, ${currency.value}`;
    for (const cell of row.querySelectorAll('td')) {
      const sum = (cell.dataset.bytes * price.valueAsNumber) / 1e6;
      cell.textContent = known ? sum.toFixed(3) : '';
    }
  }
};
price.oninput = currency.oninput = reckon;
