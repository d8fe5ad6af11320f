// Numbers as people read them. JSON gets the numbers themselves.

/** 1536 -> '1.5 KiB'. */
export function showBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${names[power]}`;
}

/** A fraction as percent: 0.875 -> '87.5 %'. */
export function showPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}
