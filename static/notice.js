// The page's one notice: pictures are reconstructed; show the originals, all or one by one.
import { show } from './original.js';
import { words } from './words.js';

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// `known`: a Map from each `img` of a reconstructed picture to what the bundle says of it.
export async function openNotice(known) {
  const [title, text, originals, close] = await words;
  const panel = make('div');
  const choice = (label, cost, checked, onchange) =>
    make('label', {}, make('input', { type: 'checkbox', checked, onchange }), label, ' ', kB(cost));
  const kB = (cost) => `${Math.ceil(cost / 1e3)} kB`;
  const ontoggle = () => {
    let cost = 0;
    let paid = 0;
    new Set(known.values()).forEach((picture) => {
      cost += picture.cost;
      paid += picture.paid;
    });
    panel.replaceChildren(
      text.replace('%', kB(paid)).replace('%', kB(cost)),
      choice(originals, cost, false, ({ target }) =>
        panel
          .querySelectorAll('input')
          .forEach((input) => input.checked == target.checked || input.click()),
      ),
      ...Array.from(known, ([img, { cost, original }]) =>
        choice(img.alt, cost, img.currentSrc == original, ({ target }) =>
          show(img, target.checked && original),
        ),
      ),
      make('button', { onclick: () => notice.remove() }, close),
    );
  };
  const notice = make(
    'details', { className: 'plic', ontoggle }, make('summary', {}, title), panel,
  );
  document.body.append(notice);
}
