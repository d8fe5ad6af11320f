/** Real numbers a value takes, or may take; minimum <= maximum. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}
