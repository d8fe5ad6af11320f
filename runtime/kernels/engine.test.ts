import { engineSuite } from '#test-support';

import { openKernelEngine } from './engine.ts';

engineSuite('runtime/kernels/engine conforms to itself', async (input) => openKernelEngine(input));
