// How a recurrent layer learns, as a list of calls on chunks of its sequence. The last steps take the
// exact gradient; what earlier steps take decides the memory:
// - `exact`: backpropagation through time, from the states kept at the chunks' starts, one chunk's gates at a time;
// - `gates`: nothing is kept. The sequence runs again from its start, and a step takes the gradient at the
//   cut times the product of the gates between them, plus a fixed feedback of it where there is one;
// - `none`: nothing; truncated backpropagation through time.

export interface Recurrence {
  /** Steps of a chunk; the last chunk's gradient is exact. */
  readonly exactSteps: number;
  readonly earlier: 'exact' | 'gates' | 'none';
}

/** Steps [from, to) of a sequence. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** `keep`: the state before the chunk is kept for a later call. */
export type ForwardCall = Chunk & { readonly keep: boolean };

/** `exact` goes back from the chunk's end, from the state kept before it; `gates` goes on from the call before it. */
export type LearnCall = Chunk &
  (
    | {
        readonly call: 'exact';
        /** Its gradient goes on to the chunk before. */ readonly carry: boolean;
      }
    | {
        readonly call: 'gates';
        /** Position within the earlier steps, 0 to 1. */ readonly position: number;
      }
  );

export interface SequenceCalls {
  /** In this order; the layer's output is known after the last. */
  readonly forward: readonly ForwardCall[];
  /** In this order, once the gradient at the layer's output is known. */
  readonly learn: readonly LearnCall[];
}

/** The calls for a sequence of `steps`. An output of every step takes `exact` for `gates`: its gradients come from all steps. */
export function sequenceCalls(
  { exactSteps, earlier }: Recurrence,
  steps: number,
  output: 'sequence' | 'last',
): SequenceCalls {
  if (earlier === 'gates' && output === 'last') return callsByGates(exactSteps, steps);
  const chunks = chunksOf(0, steps, exactSteps, steps % exactSteps);
  const isLearned = (chunk: Chunk): boolean =>
    earlier !== 'none' || output === 'sequence' || chunk.to === steps;
  return {
    forward: chunks.map(({ from, to }) => ({ from, to, keep: isLearned({ from, to }) })),
    learn: chunks
      .filter(isLearned)
      .toReversed()
      .map(({ from, to }) => ({ from, to, call: 'exact', carry: earlier !== 'none' })),
  };
}

// A run of several chunks holds the sums of gradients twice more, as its loop carries them: one chunk a run needs the
// least. But each run leaves half a kilobyte of garbage and takes time: of 64 chunks a tenth more than four runs do.
/** Of a sequence of so many chunks: how many one run of a program takes, where an engine has programs that loop. */
export function chunksPerRun(chunks: number): number {
  return chunks <= 64 ? 1 : 16;
}

function callsByGates(exactSteps: number, steps: number): SequenceCalls {
  const cut = Math.max(0, steps - exactSteps);
  const last = { from: cut, to: steps };
  const chunks = chunksOf(0, cut, exactSteps, cut % exactSteps);
  return {
    forward: [
      ...chunks.map(({ from, to }) => ({ from, to, keep: false })),
      { ...last, keep: true },
    ],
    learn: [
      { ...last, call: 'exact', carry: true },
      ...chunks.map(({ from, to }): LearnCall => ({
        from,
        to,
        call: 'gates',
        position: from / cut,
      })),
    ],
  };
}

/** Chunks of `size` from `start` to `end`; the first one is the short one, of `remainder` steps. */
function chunksOf(start: number, end: number, size: number, remainder: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = start; from < end;) {
    const to = from === start && remainder > 0 ? from + remainder : Math.min(end, from + size);
    chunks.push({ from, to });
    from = to;
  }
  return chunks;
}
