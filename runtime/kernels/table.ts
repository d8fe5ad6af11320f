// Every operator's kernel, one file each. The mapped types make a missing operator a compile error.
import type { LayerName, OperatorName } from '../graph/operator.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { dense } from './dense.ts';
import type { BackwardCall, DifferentiableName, ForwardKernel, Kernel } from './kernel.ts';
import type { LayerGradient, LayerKernel } from './layer-kernel.ts';
import { lookup } from './lookup.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import type { SequenceContext } from './recurrent/sequence-context.ts';
import { sequencesOf } from './site.ts';
import type { AnySite, LayerSite, Site } from './site.ts';

const layers: { readonly [Name in LayerName]: LayerKernel<Name> } = { conv, dense };

const kernels: { readonly [Name in DifferentiableName]: Kernel<Name> } = {
  ...layers,
  add,
  mul,
  concat,
  maxPool,
  averagePool,
  lookup,
};

const forwardKernels: { readonly [Name in OperatorName]: ForwardKernel<Name> } = {
  ...kernels,
  embedding: {
    forward: (site, inputs, batch, context) =>
      sequencesOf(site).embedding.forward(site, inputs, batch, context),
  },
  recurrent: {
    forward: (site, [x], batch, context) =>
      sequencesOf(site).forwardSequence(site, x!, batch, context),
  },
};

/** The node's output; `inputs` are left as they are, recurrent layers write to `context`. */
export function runForward<Name extends OperatorName>(
  site: Site<Name> & AnySite,
  inputs: readonly Uint8Array[],
  batch: number,
  context: SequenceContext,
): Uint8Array {
  return forwardKernels[site.operator].forward(site, inputs, batch, context);
}

export function runBackward<Name extends DifferentiableName>(
  site: Site<Name> & AnySite,
  call: BackwardCall,
): readonly (Float32Array | null)[] {
  return kernels[site.operator].backward(site, call);
}

export function runLogits<Name extends LayerName>(
  site: Site<Name> & LayerSite,
  input: Uint8Array,
  batch: number,
): Float32Array {
  return layers[site.operator].logits(site, input, batch);
}

export function runWeightGradient<Name extends LayerName>(
  site: Site<Name> & LayerSite,
  input: Uint8Array,
  gradient: Float32Array,
  batch: number,
): LayerGradient {
  return layers[site.operator].weightGradient(site, input, gradient, batch);
}
