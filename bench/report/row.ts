/** One claim: what was measured, what it must reach, and whether it does. */
export interface Row {
  readonly claim: string;
  readonly measured: string;
  /** What the project promises; empty for rows that stand beside others for comparison. */
  readonly promised: string;
  /** Null where there is nothing to reach, or nothing could be measured. */
  readonly holds: boolean | null;
  /** What `measured` says, as numbers; bytes and ratios by names that say which. */
  readonly values?: Readonly<Record<string, number>>;
}

/** A row for something that this machine lacks the data for. */
export function missingRow(claim: string, what: string): Row {
  return { claim, measured: `not measured: ${what} is not here`, promised: '', holds: null };
}
