/** What the journal says of a kept lesson, the first of its state. */
export const firstLesson = {
  kind: 'lesson',
  number: 1,
  parent: 0,
  time: 0,
  samples: 1,
  holdout: 0,
  steps: 1,
  totalSteps: 1,
  accuracyBefore: 0,
  accuracyAfter: 1,
  kept: true,
  cause: null,
} as const;
