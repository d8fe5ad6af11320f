const format = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A number with three significant digits at most: 0.00391, 5,690. */
export function figures(value: number): string {
  return format.format(value);
}
