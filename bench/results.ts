// The benchmark's result file, bench/results/<mode>.json: what was measured, on which machine, with
// what. Raw rows first, what follows from them beside them, so that a report needs no arithmetic of
// its own and a doubter can redo it. Accuracies are percent; memory is bytes; times are milliseconds.
import type { Row } from './report/row.ts';

export interface BenchResults {
  /** Of this layout; a reader refuses another. */
  readonly format: 3;
  /** ISO 8601, when the run began. */
  readonly date: string;
  readonly mode: 'quick' | 'full';
  readonly versions: Versions;
  /** By name; those of one file may be measured one after another, at different commits, and on different machines. */
  readonly parts: Readonly<Record<string, PartRun>>;
  /** What is promised, and whether it holds, in the order of the table. */
  readonly claims: readonly Claim[];
  /** One for each task that was measured, also where its data is missing. */
  readonly tasks: readonly TaskResult[];
  /** How cost grows with depth, batch, sequence length and parameters. */
  readonly growth: readonly GrowthCurve[];
  /** Other frameworks at the same work on the same machine. */
  readonly peers: readonly PeerResult[];
}

/** `memory`, `time`, ...; each task of the part `accuracy` is one of its own, `accuracy:digits-hard`. */
export interface PartRun {
  /** ISO 8601, when it began. */
  readonly date: string;
  /** Of the working tree, as in `Versions`. */
  readonly commit: string | null;
  readonly seconds: number;
  /** What times mean anything beside; accuracies and allocated bytes do not depend on it. */
  readonly machine: Machine;
}

export interface Claim extends Row {
  /** That measured it. */
  readonly part: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** As Node names it: x64, arm64. */
  readonly arch: string;
  readonly platform: string;
  readonly memoryBytes: number;
}

export interface Versions {
  readonly node: string;
  readonly onnxruntimeNode: string;
  readonly onward: string;
  /** Of the working tree, with `+` behind it where files differ from it; null outside a clone. */
  readonly commit: string | null;
}

/** A mean with the bounds of its 95 % interval: percentile bootstrap over users, see bench/bootstrap.ts. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface TaskResult {
  /** `digits-hard`, `digits-mild`, `cifar-corruptions`, `new-classes`, `writers`, ... */
  readonly task: string;
  readonly title: string;
  /** One paragraph: the base model, what a user is, how many examples are learned from and tested on. */
  readonly describes: string;
  /** Why nothing was measured (its data is not here); then the lists below are empty. Null otherwise. */
  readonly skipped: string | null;
  /** Rates and everything else were chosen on these; none of them is in `runs`. */
  readonly tuningUsers: readonly string[];
  readonly users: readonly string[];
  readonly seeds: readonly number[];
  /** In the order of bench/arms.ts. */
  readonly arms: readonly ArmSummary[];
  /** Raw: one for each arm, user and seed. */
  readonly runs: readonly RunRow[];
  readonly verdict: Verdict | null;
}

/** One way to learn, one user, one seed. */
export interface RunRow {
  readonly arm: string;
  readonly user: string;
  readonly seed: number;
  /** Percent of the user's test samples, before the first step and after the last. */
  readonly before: number;
  readonly after: number;
  /** Percent of samples like those the base model was trained on; null where the task has none. */
  readonly originalBefore: number | null;
  readonly originalAfter: number | null;
  readonly steps: number;
  /** Median wall time of a step in this run; runs share the machine, so compare ArmCost.msPerStep instead. */
  readonly msPerStep: number;
  /** Steps done, and the percent of the test samples then; only the ends where no curve was asked for. */
  readonly curve: readonly (readonly [step: number, accuracy: number])[];
}

export interface ArmSummary {
  readonly arm: string;
  readonly describes: string;
  /** Learning rate at this task's batch size, or neighbours of kNN: the best on the tuning users. */
  readonly setting: {
    readonly name: 'learning rate' | 'neighbours' | 'none';
    readonly value: number;
  };
  readonly before: Interval;
  readonly after: Interval;
  /** Standard deviation of `after` over users and seeds. */
  readonly deviation: number;
  /** Percent points lost on the original domain; null where the task has none. */
  readonly forgetting: Interval | null;
  /** The user with the lowest mean over seeds. */
  readonly worst: { readonly user: string; readonly after: number };
  /** Of this arm minus onward's `after`, paired by user and seed; null for onward itself. */
  readonly againstOnward: Interval | null;
  readonly steps: number;
  readonly cost: ArmCost;
}

/** What a step costs on this task's model and batch size; it does not depend on the user. */
export interface ArmCost {
  readonly batchSize: number;
  /** The most that was allocated during a step over the opened model, in a process of its own; median of several in full mode. */
  readonly peakBytes: number;
  /** Activations kept from the forward for the update, as the planner counts them. */
  readonly keptBytes: number;
  /** Median of interleaved steps of all arms in one process. */
  readonly msPerStep: number;
  /** Of the processor's package, by its own counter; null where this machine has none to read. */
  readonly joulesPerStep: number | null;
  /** Why not, in words; null where measured. */
  readonly joulesMissing: string | null;
}

/** What the accuracies and peaks say about onward's default plan, against every other arm. */
export interface Verdict {
  /** Arms that no other arm beats in both accuracy and peak memory, least memory first. */
  readonly front: readonly string[];
  readonly onwardOnFront: boolean;
  /** Whole sentences, first about the front, then one for each arm that beats onward in accuracy. */
  readonly sentences: readonly string[];
}

/** Cost of one arm along one axis, everything else fixed. */
export interface GrowthCurve {
  readonly axis: 'layers' | 'batch' | 'steps' | 'parameters';
  /** What is fixed: `32 channels, 16x16, batch 4`. */
  readonly network: string;
  readonly arm: string;
  readonly points: readonly GrowthPoint[];
  /** Null, or absent in files of before, where the arm was measured at every x. */
  readonly ended?: GrowthEnd | null;
}

/** The x at which an arm failed or took too long, and why: it has no points from there on. */
export interface GrowthEnd {
  readonly x: number;
  readonly reason: string;
}

export interface GrowthPoint {
  readonly x: number;
  readonly peakBytes: number;
  readonly msPerStep: number;
}

/** One framework, one network, one batch size; times of all peers were taken in turn. */
export interface PeerResult {
  /** `onward`, `PyTorch 1.13.1, eager`, ... */
  readonly peer: string;
  readonly network: string;
  readonly batchSize: number;
  /** Why there are no numbers, in words; null where there are. */
  readonly missing: string | null;
  readonly cost: PeerCost | null;
}

export interface PeerCost {
  readonly msPerStep: number;
  /** The most that was resident during a step over the process with the model loaded, in a process of its own. */
  readonly peakBytes: number;
  /** Resident once the model has predicted. */
  readonly loadedBytes: number;
  /** On disk, with everything it needs but the language's own runtime. */
  readonly installBytes: number;
}
