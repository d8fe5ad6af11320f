// What one feedback is fitted to, collected batch by batch: pairs of the source's error and the true
// gradient at the target, summed over each cell of the feedback's grid, with their gates.
import type { Shape } from '#runtime';
import { inferShapes } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import { padToFour } from '../float/multiply.ts';
import type { PatchGeometry } from '../float/patches.ts';
import { gatherPatches } from '../float/patches.ts';
import type { FeedbackForm, FeedbackNetwork } from './form.ts';
import { rowsOf, sourceGeometry, sourceValue } from './form.ts';
import { gateWeights } from './gate.ts';
import { sumToCells } from './grid.ts';
import { lowbias32 } from './hash.ts';
import type { Signals } from './signals.ts';
import { strongestObservations } from './strongest.ts';

/**
 * An observation is a cell of a sample, or a sample where the source is the logits, which have a row per
 * cell. Everything is [observations, ...].
 */
export interface Evidence {
  readonly form: FeedbackForm;
  readonly rows: number;
  /** Entries of a row of the matrix, and its length in `errors`, padded to a multiple of 4 with zeros. */
  readonly length: number;
  readonly paddedLength: number;
  /** [groups, paddedLength]: what a row of each group reads of the source. */
  readonly errors: Float32Array;
  /** [rows]: sum over the cell of the gates, and of gate * true gradient. */
  readonly gates: Float32Array;
  readonly gradients: Float32Array;
  readonly observations: number;
  /** Sum of gate * true gradient^2 over the observation's positions and rows. */
  readonly energies: Float32Array;
}

export interface EvidenceCollector {
  add(signals: Signals): void;
  finish(): Evidence;
}

/** Collects from `samples` samples in all. */
export function collectEvidence(
  network: FeedbackNetwork,
  form: FeedbackForm,
  samples: number,
): EvidenceCollector {
  const { graph } = network.model;
  const shapes = inferShapes(graph);
  const source = sourceValue(network, form);
  const targetShape = shapes[form.target]!;
  const geometry = sourceGeometry(form, shapes[source]!);
  const rows = rowsOf(form, targetShape);
  const length = (geometry.offsets * geometry.channels) / form.groups;
  const layout: ErrorLayout = { length, paddedLength: padToFour(length) };
  const width = form.groups * layout.paddedLength;
  const isKept = chooseObservations(samples * geometry.positions, width + 2 * rows);
  const observations = isKept.reduce((count, kept) => count + kept, 0);
  const errors = new Float32Array(observations * width);
  const gates = new Float32Array(observations * rows);
  const gradients = new Float32Array(observations * rows);
  const energies = new Float32Array(observations);
  let seen = 0;
  let stored = 0;
  return {
    add({ batch, values, gradients: { valueGradients } }) {
      const error = valueGradients.get(source)!;
      const gradient = valueGradients.get(form.target)!;
      const cells = cellsOf(gradient, gateWeights(graph, values, form.target), form, targetShape);
      for (let i = 0; i < batch * geometry.positions; i++) {
        if (isKept[seen++] === 0) continue;
        readErrors(geometry, form, error, { from: i, to: stored, errors, layout });
        gates.set(cells.gates.subarray(i * rows, (i + 1) * rows), stored * rows);
        gradients.set(cells.gradients.subarray(i * rows, (i + 1) * rows), stored * rows);
        for (let row = 0; row < rows; row++) energies[stored]! += cells.energies[i * rows + row]!;
        stored++;
      }
    },
    finish: () =>
      strongestObservations(
        { form, rows, ...layout, errors, gates, gradients, energies, observations },
        fitLimit(rows, length),
      ),
  };
}

interface ErrorLayout {
  readonly length: number;
  readonly paddedLength: number;
}

/** Cell sums of the gate g, of g * gradient and of g * gradient^2; each [batch, cells, channels] = [observations, rows]. */
function cellsOf(
  gradient: FloatArray,
  gates: FloatArray | null,
  { grid }: FeedbackForm,
  shape: Shape,
): { gates: Float32Array; gradients: Float32Array; energies: Float32Array } {
  const open = gates ?? new Float32Array(gradient.length).fill(1);
  const gated = gradient.map((g, i) => g * open[i]!);
  const energies = gradient.map((g, i) => g * g * open[i]!);
  return {
    gates: sumToCells(open, grid, shape),
    gradients: sumToCells(gated, grid, shape),
    energies: sumToCells(energies, grid, shape),
  };
}

function readErrors(
  geometry: PatchGeometry,
  { groups }: FeedbackForm,
  error: FloatArray,
  {
    from,
    to,
    errors,
    layout,
  }: { from: number; to: number; errors: Float32Array; layout: ErrorLayout },
): void {
  const channels = geometry.channels / groups;
  const patch = new Float64Array(layout.paddedLength);
  for (let group = 0; group < groups; group++) {
    const panel = { first: from, rows: 1, firstChannel: group * channels, channels };
    gatherPatches(geometry, panel, error, patch);
    errors.set(patch, (to * groups + group) * layout.paddedLength);
  }
}

/** Floats held for one feedback, 64 MiB. */
const memoryLimit = 2 ** 24;

/** 1 for each observation to hold: all, or a reproducible scatter of them where they would be too many. */
function chooseObservations(total: number, floatsEach: number): Uint8Array {
  const share = memoryLimit / (total * floatsEach);
  return new Uint8Array(total).map((_, i) => (lowbias32(i) < share * 2 ** 32 ? 1 : 0));
}

/** About 8 G products a feedback, some seconds, but never fewer than six observations an unknown. */
function fitLimit(rows: number, length: number): number {
  return Math.max(6 * length, 8e9 / (rows * length * length));
}
