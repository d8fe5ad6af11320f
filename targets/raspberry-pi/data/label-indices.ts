import { InputError } from '#runtime';

/**
 * Class indices of `y`. Texts are labels by name, or by index where the whole number is no name.
 * Throws InputError naming `where` and the first that is neither.
 */
export function labelIndices(
  y: readonly number[] | readonly string[],
  labels: readonly string[],
  where: string,
): number[] {
  return Array.from<number | string, number>(y, (label, position) => {
    const named = typeof label === 'string' ? labels.indexOf(label) : -1;
    const index = named < 0 && label !== '' ? Number(label) : named;
    if (Number.isInteger(index) && index >= 0 && index < labels.length) return index;
    const names = labels.slice(0, 20).join(', ') + (labels.length > 20 ? ', ...' : '');
    throw new InputError(
      `${where}: expected labels from 0 to ${labels.length - 1} or ${names}, got ${JSON.stringify(label)} for sample ${position}; mend it, or add the class first`,
    );
  });
}
