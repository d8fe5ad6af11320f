// What ONNX Runtime holds while it runs a program: the nodes are written down in the order in which the program adds
// them, with the bytes that they make. It runs them depth first from the end, of a node's inputs what was added last
// first, and frees a value behind the last node that reads it; a view keeps what it looks at.
//
// peak = max over nodes i in that order of (bytes alive at i) + perNode * nodes + perRun * i

/** What is held of each node from the start and once it has run, bytes, counted on programs of 260 to 1350 nodes. */
const perNode = 60;
const perRun = 110;

interface TapeNode {
  readonly outputs: readonly number[];
  /** Bytes that it needs while it runs. */
  readonly scratch: number;
  readonly inputs: readonly number[];
}

export class ProgramTape {
  readonly #nodes: TapeNode[] = [];
  /** Of a value: its bytes, the node that makes it, and the value whose memory it is. */
  readonly #values: { readonly bytes: number; readonly node: number; readonly memory: number }[] =
    [];

  /** A node that makes `bytes` from other values, and needs `scratch` while it runs; returns its value. */
  add(bytes: number, inputs: readonly number[] = [], scratch = 0): number {
    return this.addWithOutputs([bytes], inputs, scratch)[0]!;
  }

  /** A node of several results. */
  addWithOutputs(bytes: readonly number[], inputs: readonly number[], scratch: number): number[] {
    const outputs = bytes.map((own) => {
      const memory = this.#values.length;
      return this.#values.push({ bytes: own, node: this.#nodes.length, memory }) - 1;
    });
    this.#nodes.push({ outputs, inputs, scratch });
    return outputs;
  }

  /** A node whose result is its input's memory. */
  view(of: number): number {
    const { memory } = this.#values[of]!;
    const value = this.#values.push({ bytes: 0, node: this.#nodes.length, memory }) - 1;
    this.#nodes.push({ outputs: [value], inputs: [of], scratch: 0 });
    return value;
  }

  /** The most bytes at once. Nodes that nothing reads are what the program is run for. */
  peakBytes(): number {
    const order = this.#order();
    const frees = order.map((): number[] => []);
    const lastRead = new Map<number, number>();
    for (const [at, { inputs, outputs }] of order.entries()) {
      for (const value of [...outputs, ...inputs]) lastRead.set(this.#values[value]!.memory, at);
    }
    for (const [memory, at] of lastRead) frees[at]!.push(this.#values[memory]!.bytes);
    let alive = perNode * this.#nodes.length;
    let peak = 0;
    for (const [at, { outputs, scratch }] of order.entries()) {
      alive += perRun + this.#sum(outputs);
      peak = Math.max(peak, alive + scratch);
      for (const bytes of frees[at]!) alive -= bytes;
    }
    return peak;
  }

  #sum(values: readonly number[]): number {
    return values.reduce((sum, value) => sum + this.#values[value]!.bytes, 0);
  }

  #order(): TapeNode[] {
    const isRead = new Set(this.#nodes.flatMap(({ inputs }) => inputs));
    const ends = this.#nodes.flatMap(({ outputs }, node) =>
      outputs.some((value) => isRead.has(value)) ? [] : [node],
    );
    const order: TapeNode[] = [];
    const visited = new Set<number>();
    // What is put last is taken first; a node comes again once its inputs have run.
    const stack = ends.map((node) => ({ node, isReady: false }));
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { node, isReady } = next;
      const own = this.#nodes[node]!;
      if (isReady) order.push(own);
      if (isReady || visited.has(node)) continue;
      visited.add(node);
      stack.push({ node, isReady: true });
      const makers = own.inputs.map((value) => this.#values[value]!.node);
      for (const maker of makers.toSorted((a, b) => a - b)) {
        stack.push({ node: maker, isReady: false });
      }
    }
    return order;
  }
}
