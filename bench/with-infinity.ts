/**
 * For JSON.parse of what holds a network: JSON has no infinity, so that the maximum of a relu comes as null.
 * Changes nothing else.
 */
export function withInfinity(key: string, value: unknown): unknown {
  return key === 'maximum' && value === null ? Infinity : value;
}
