// For a page whose bundler finds the package.
import { openLearner } from 'onward/browser';

import { visit } from './visit.ts';

globalThis.visited = visit(openLearner);
