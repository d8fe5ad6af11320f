// What one .onward file holds: all a device needs to predict and to learn.
import type { Model } from '../graph/model.ts';
import type { Module } from '../graph/module.ts';
import type { Feedback, Plan, StateFeedback } from '../learning/plan.ts';
import type { LogMelForm } from '../sound/log-mel.ts';

/** The log-mel features that a model of sounds takes; its input is [frames, 1, bands] or [frames, bands, 1]. */
export type SoundDescription = Omit<LogMelForm, 'frames' | 'bands'>;

/** How a sample becomes the model's uint8 input: real = (value - mean[c]) / deviation[c], then quantised. */
export interface InputDescription {
  /** Order of a sample's values as callers pass them. */
  readonly layout: 'nhwc' | 'nchw';
  /** One per channel; 0 and 1 where the model takes values as they are. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** How a sound becomes a sample; null where the model takes no features of sounds. */
  readonly sound: SoundDescription | null;
}

export interface PackageExamples {
  /** uint8, one sample after another. */
  readonly samples: Uint8Array;
  /** Class indices. */
  readonly labels: readonly number[];
}

/** The executable form of one part of the model for one target. */
export interface Program {
  readonly target: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Alignment {
  /** Layer name. */
  readonly layer: string;
  /** Cosine between the feedback's weight update and backpropagation's, on the calibration set. */
  readonly cosine: number;
}

/** Where a package came from; shown by inspect, used by nothing. */
export interface Provenance {
  readonly source: string;
  readonly sourceSha256: string;
  readonly exporter: string;
  readonly calibrationSamples: number;
  /** Fractions, 0 to 1, on the calibration labels; null where there were none. */
  readonly floatAccuracy: number | null;
  readonly int8Accuracy: number | null;
  readonly alignment: readonly Alignment[];
}

export interface PackageContent {
  readonly model: Model;
  readonly modules: readonly Module[];
  readonly plan: Plan;
  readonly feedback: readonly Feedback[];
  readonly stateFeedback: readonly StateFeedback[];
  readonly input: InputDescription;
  /** One name per output row in use; further rows are spare, for classes to come. */
  readonly labels: readonly string[];
  /** Of the calibration set, as the model reads them: what a device rehearses and judges by at first. */
  readonly examples: PackageExamples;
  readonly programs: readonly Program[];
  readonly provenance: Provenance;
}
