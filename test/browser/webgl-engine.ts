import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { engineSuite } from '../support/engine-suite.ts';

engineSuite('targets/browser/engine', (input) => openWebglEngine(input), { sequences: false });
