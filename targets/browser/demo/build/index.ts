// npm run demo:browser: builds the page into demo/out/browser and serves it on this machine.
//
//   npm run demo:browser -- --build-only    writes the files, for any other server
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { buildPage } from './build-page.ts';
import { servePage } from './serve-page.ts';

const folder = fileURLToPath(new URL('../../../../demo/out/browser/', import.meta.url));
const { values } = parseArgs({
  options: {
    // Always the same one: what a browser remembers belongs to the address.
    port: { type: 'string', default: '8417' },
    'build-only': { type: 'boolean', default: false },
  },
});

console.log('Exporting demo/digits.onnx and building the page (a minute or less)…');
const files = await buildPage();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, bytes] of files) writeFileSync(folder + name, bytes);
console.log(`${files.size} files in demo/out/browser`);
if (!values['build-only']) {
  const { address } = await servePage(files, Number(values.port));
  console.log(`\n  ${address}\n\nCtrl+C ends it.`);
}
