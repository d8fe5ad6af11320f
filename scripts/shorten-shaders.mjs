// Shortens the GLSL in the built JavaScript, in place: bundlers shorten programs, but not the text in
// them. Comments and spaces go, and the longest of the names that stand everywhere become letters, which
// the first lines of every shader define. GLSL stands in template literals of several lines and in what is
// put into them, and nothing else in targets/browser/engine does.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join('dist', 'targets', 'browser', 'engine');
const letters = {
  F: 'texelFetch',
  G: 'floatBitsToInt',
  H: 'intBitsToFloat',
  I: 'ivec4',
  U: 'uvec4',
  V: 'vec4',
};
/** The same for names that shaders declare themselves. */
const ownLetters = {
  B: 'blockOf',
  C: 'channelsOf',
  E: 'gradientAt',
  P: 'placeOf',
  R: 'roundHalfEven',
  S: 'sampleOf',
  W: 'windowSums',
};
const definitions = Object.entries(letters)
  .map((pair) => `#define ${pair.join(' ')}\n`)
  .join('');

/** How the text that every shader starts with begins. */
const prologue = /^\nprecision /;

/** @param {string} text of GLSL */
function shorten(text) {
  if (text.startsWith('#version')) return text; // the vertex shader, which has no definitions
  if (text.includes(definitions)) return text; // of an earlier build
  let short = text
    .replaceAll(/\n\s*\/\/[^\n]*(?=\n)/g, '')
    .replaceAll(/\n\s+/g, '\n')
    .replaceAll(/ ?([-+*/&|^]=|[*/=<>?:,;{}()&|^%]) ?/g, '$1')
    .replaceAll(/(?<![-+]) ?([-+]) (?![-+])/g, '$1')
    .replaceAll(/([;{},])\n(?!#)/g, '$1');
  for (const [letter, name] of Object.entries({ ...letters, ...ownLetters })) {
    short = short.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), letter);
  }
  return short.replace(prologue, (start) => `\n${definitions}${start.slice(1)}`);
}

/**
 * Where the text of a template literal ends that starts at `start`: at a backtick or an expression.
 * @param {string} code
 * @param {number} start
 */
function endOfText(code, start) {
  for (let at = start; at < code.length; at++) {
    if (code[at] === '\\') at++;
    else if (code[at] === '`' || code.startsWith('${', at)) return at;
  }
  throw new Error('shorten-shaders: expected a template literal to end, got the end of the file');
}

/** @param {string} code */
function shortenLiterals(code) {
  let done = '';
  let at = 0;
  /**
   * Per literal that is open here: whether it is GLSL, and the braces open in its expression.
   * @type {{ isGlsl: boolean, braces: number }[]}
   */
  const open = [];
  const text = () => {
    const end = endOfText(code, at);
    const own = code.slice(at, end);
    done += open.at(-1)?.isGlsl === true ? shorten(own) : own;
    at = end;
    if (code[at] === '`') open.pop();
    done += code[at++];
    if (code[at - 1] === '$') done += code[at++];
  };
  while (at < code.length) {
    const inside = open.at(-1);
    const character = code[at];
    if (character === '`') {
      const length = /`/.exec(code.slice(at + 1))?.index ?? 0;
      const isGlsl = inside?.isGlsl === true || code.slice(at, at + length).includes('\n');
      open.push({ isGlsl, braces: 0 });
      done += character;
      at++;
      text();
    } else if (character === '"') {
      const string = /^"(?:[^"\\]|\\.)*"/.exec(code.slice(at))?.[0] ?? '"';
      done += inside?.isGlsl === true ? shorten(string) : string;
      at += string.length;
    } else if (character === '}' && inside !== undefined && inside.braces === 0) {
      done += character;
      at++;
      text();
    } else {
      if (inside !== undefined && character === '{') inside.braces++;
      if (inside !== undefined && character === '}') inside.braces--;
      done += character;
      at++;
    }
  }
  return done;
}

for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.js')) continue;
  const file = join(folder, path);
  writeFileSync(file, shortenLiterals(readFileSync(file, 'utf8')));
}

const start = readFileSync(join(folder, 'arithmetic.js'), 'utf8');
if (!start.includes(definitions)) {
  throw new Error(
    `shorten-shaders: expected arithmetic.js to define ${Object.keys(letters).join(', ')}, got others; npm run clean and build again`,
  );
}
