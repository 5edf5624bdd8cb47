// What the notice says: the site's own words, else the language of the page, else English.
const language = document.documentElement.lang.slice(0, 2);

async function choose() {
  return (
    document.querySelector('meta[name=plic]')?.content.split('|') ||
    (language != 'en' && (await import('./languages.js')).default[language]) || [
      'Reconstructed pictures',
      'Rebuilt from % instead of %; details may differ.',
      'Show originals',
      'Close',
    ]
  );
}

// A promise of the title, the text (% is a size: sent, saved), the label of the switch, "Close".
export const words = choose();
