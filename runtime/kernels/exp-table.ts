/**
 * exp(-t / 256) for t in 0..4095 as integers of 1 / 65536: round(65536 * exp(-t / 256)).
 * No entry is near enough to a half for two implementations of exp to disagree (see the test).
 */
export const expTable: Int32Array = Int32Array.from({ length: 4096 }, (_, t) =>
  Math.round(65_536 * Math.exp(-t / 256)),
);
