// node --expose-internals same_tree.cjs A B: exits 1 unless both parse to the same syntax tree.
// The parser is the one that node carries for itself.
const { readFileSync } = require('node:fs');
const { isDeepStrictEqual } = require('node:util');
const { parse } = require('internal/deps/acorn/acorn/dist/acorn');

const POSITIONS = new Set(['start', 'end', 'loc', 'range']);
const bare = (node) => {
  if (Array.isArray(node)) return node.map(bare);
  if (!node || typeof node != 'object' || node instanceof RegExp) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !POSITIONS.has(key) && !(key == 'raw' && node.type == 'Literal'))
      .map(([key, value]) => [key, bare(value)]),
  );
};
const [before, after] = process.argv
  .slice(2)
  .map((file) =>
    bare(parse(readFileSync(file, 'utf8'), { ecmaVersion: 2022, sourceType: 'module' })),
  );
process.exit(isDeepStrictEqual(before, after) ? 0 : 1);
