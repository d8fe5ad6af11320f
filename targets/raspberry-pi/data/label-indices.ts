import { InputError } from '#runtime';

/**
 * Class indices of `y`. Texts are labels by name, or by index where the whole number is no name.
 * Of several a sample, -1 and '' are no label, -1. Throws InputError naming `where` and the first that is neither.
 */
export function labelIndices(
  y: readonly number[] | readonly string[],
  labels: readonly string[],
  where: string,
  each = 1,
): number[] {
  return Array.from<number | string, number>(y, (label, position) => {
    if (each > 1 && (label === -1 || label === '')) return -1;
    const named = typeof label === 'string' ? labels.indexOf(label) : -1;
    const index = named < 0 && label !== '' ? Number(label) : named;
    if (Number.isInteger(index) && index >= 0 && index < labels.length) return index;
    const names = labels.slice(0, 20).join(', ') + (labels.length > 20 ? ', ...' : '');
    throw new InputError(
      `${where}: expected labels from 0 to ${labels.length - 1} or ${names}, got ${JSON.stringify(label)} for sample ${Math.floor(position / each)}; mend it, or add the class first`,
    );
  });
}
