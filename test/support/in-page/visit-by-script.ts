// For a page that has dist/onward-browser.js in a script tag.
import type { Onward } from '../../../targets/browser/script-tag.ts';
import { visit } from './visit.ts';
import type { Visit } from './visit.ts';

declare global {
  var visited: Promise<Visit>;
}

const { openLearner }: Onward = globalThis.onward;
globalThis.visited = visit(openLearner);
