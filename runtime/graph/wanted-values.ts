import type { ValueId } from './graph.ts';

/** What reads values and makes value `index + 1`. */
interface Reader {
  readonly index: number;
  readonly inputs: readonly ValueId[];
}

/**
 * The values whose gradients exact learning needs: outputs of what is trained among `nodes`, of all that read these, and
 * `input`, the first value, where its own is wanted.
 */
export function wantedValues<Node extends Reader>(
  nodes: readonly Node[],
  isTrained: (node: Node) => boolean,
  input: ValueId | null,
): ReadonlySet<ValueId> {
  const wanted = new Set(input === null ? [] : [input]);
  for (const node of nodes) {
    if (isTrained(node) || node.inputs.some((value) => wanted.has(value))) {
      wanted.add(node.index + 1);
    }
  }
  return wanted;
}
