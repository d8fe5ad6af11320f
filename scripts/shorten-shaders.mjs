// Takes comments and spaces out of the GLSL in the built JavaScript, in place: bundlers shorten
// programs, but not the text in them. GLSL stands in template literals of several lines, and nothing
// else in targets/browser/engine does.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join('dist', 'targets', 'browser', 'engine');

/** @param {string} literal */
function shorten(literal) {
  if (!literal.includes('\n')) return literal;
  return literal
    .replaceAll(/\n\s*\/\/[^\n]*(?=\n)/g, '')
    .replaceAll(/\n\s+/g, '\n')
    .replaceAll(/ ?(==|!=|<=|>=|<<|>>|&&|\|\||[-+*/=<>?:,;{}&|]) (?=[^\s+-])/g, '$1')
    .replaceAll(/([;{},])\n(?!#)/g, '$1');
}

for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.js')) continue;
  const file = join(folder, path);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/`[^`]*`/g, shorten));
}
