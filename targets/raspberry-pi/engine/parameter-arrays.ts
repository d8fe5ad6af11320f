import { createHash } from 'node:crypto';

import { EngineError } from '#runtime';
import type { EngineInput, LayerParameters } from '#runtime';

type Layers = readonly (readonly [node: number, layer: LayerParameters])[];

/** Layers of modules that are not frozen: their weights are inputs of programs. */
export function trainedLayers(input: EngineInput): Layers {
  return [...input.parameters].filter(([node]) => isTrained(input, node));
}

/** Changes when the weights or biases of the frozen layers do. */
export function frozenDigest(input: EngineInput): string {
  const hash = createHash('sha1');
  for (const [node, { weights, bias }] of input.parameters) {
    if (!isTrained(input, node)) hash.update(weights).update(bias);
  }
  return hash.digest('base64');
}

/** onnxruntime-node refuses shared memory with a message that does not say so. */
export function requireOwnMemory(parameters: EngineInput['parameters']): void {
  for (const [node, { weights, bias }] of parameters) {
    if (weights.buffer instanceof ArrayBuffer && bias.buffer instanceof ArrayBuffer) continue;
    throw new EngineError(
      `onnxruntime: expected the weights of node ${node} in an ArrayBuffer, got shared memory; copy them first`,
    );
  }
}

function isTrained({ modules, plan }: EngineInput, node: number): boolean {
  const module = modules.findIndex(({ from, to }) => from <= node && node < to);
  return plan.rules[module] !== 'frozen';
}
