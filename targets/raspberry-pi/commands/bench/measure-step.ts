// What a step costs. Memory in a fresh process for each arm, which is this command line with a hidden
// command; time in this process, arms in turn, so that whoever else uses the machine is shared by all.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { encodePackage } from '#exporters';
import { EngineError, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { sha256 } from '../../package-file.ts';
import { settle } from '../../peak-memory.ts';
import type { Learning } from './arm-names.ts';
import { exactHeap, exactMemory } from './exact-memory.ts';
import { pick } from './examples.ts';
import type { Examples } from './examples.ts';
import { startMappedPeak } from './mapped-peak.ts';
import { openTrainee } from './open-trainee.ts';
import type { Trainee } from './trainee.ts';

const isSource = import.meta.url.endsWith('.ts');
const entry = fileURLToPath(new URL(`../../onward.${isSource ? 'ts' : 'js'}`, import.meta.url));

/** Weights do not change at this rate. */
const still = { rate: 0, clip: 0.02, step: 0, seed: 0 };

/**
 * `examples` travel in the package: a batch, or all that nearest neighbours are to keep. Throws EngineError
 * where the process fails.
 */
export async function peakInFreshProcess(
  learning: Learning,
  content: PackageContent,
  examples: Examples,
): Promise<number> {
  const bytes = await encodePackage({ ...content, examples }, sha256);
  const args = [...process.execArgv, ...exactHeap, entry, 'bench-step', learning];
  const env = { ...process.env, ...exactMemory };
  const child = spawn(process.execPath, args, { stdio: 'pipe', env });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => {}); // a child that ended early says why on stderr
  child.stdin.end(bytes);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await closed;
  if (code === 0) return Number(output);
  throw new EngineError(
    `bench: expected a process that measures ${learning} to finish, got ${code ?? 'a signal'}: ${errors.trim()}`,
  );
}

/** Odd, for the median; nearest neighbours take in all examples each time. */
const measuredSteps = { none: 7, nearest: 3, plan: 7, float: 7 } as const;

/**
 * The other side: the most that is mapped at once during a step over the opened package; of nearest neighbours while
 * they take in all examples, of no learning while it predicts one sample. The median of several, since V8 maps more when
 * it compiles, and blocks smaller than a page find room in what is mapped. Garbage is collected between them, uncounted.
 */
export async function peakOfSteps(learning: Learning, content: PackageContent): Promise<number> {
  const { examples, model, plan } = content;
  const size = sizeOf(model.graph.inputShape);
  await using trainee = await openTrainee(learning, content, 1);
  const one = pick(examples, size, [0]);
  // Opens what opens late, on no more than one sample: what a whole batch leaves behind would be used again unseen.
  if (learning === 'none') await trainee.predict(one.samples);
  await trainee.learn(one.samples, one.labels, still);
  const peaks: number[] = [];
  while (peaks.length < measuredSteps[learning]) {
    await settle();
    const finish = startMappedPeak();
    if (learning === 'none') await trainee.predict(one.samples);
    else await learnOnce(trainee, examples, { size, batchSize: plan.batchSize });
    peaks.push(finish());
  }
  return median(peaks);
}

async function learnOnce(
  trainee: Trainee,
  examples: Examples,
  { size, batchSize }: { readonly size: number; readonly batchSize: number },
): Promise<void> {
  const all = examples.labels.map((_, index) => index);
  for (let start = 0; start < all.length; start += batchSize) {
    const { samples, labels } = pick(examples, size, all.slice(start, start + batchSize));
    await trainee.learn(samples, labels, still);
  }
}

/** Median wall time of a step of each trainee on the same batch, in milliseconds, after two rounds to warm up. */
export async function stepTimes(
  trainees: readonly Trainee[],
  { samples, labels }: Examples,
  onRound: (round: number, rounds: number) => void,
): Promise<number[]> {
  const rounds = 15;
  const times = trainees.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [index, trainee] of trainees.entries()) {
      const started = performance.now();
      await trainee.learn(samples, labels, still);
      if (round >= 0) times[index]?.push(performance.now() - started);
    }
    onRound(Math.max(0, round + 1), rounds);
  }
  return times.map(median);
}

/** Of an odd number of values. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) / 2] ?? 0;
}
