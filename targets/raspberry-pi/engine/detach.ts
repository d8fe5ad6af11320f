// onnxruntime-node copies every fetched output into a fresh buffer, also those it has just written in
// place. The copies are garbage at once, but a collector that sees only small objects lets them pile
// up; detaching gives the memory back now.
import { MessageChannel } from 'node:worker_threads';

import type { Tensor } from 'onnxruntime-node';

let closedPort: InstanceType<typeof MessageChannel>['port1'] | undefined;

/** Frees the tensors' memory; all views of it are empty afterwards. */
export function detach(tensors: readonly Tensor[]): void {
  const buffers = tensors.flatMap(({ data }) =>
    ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer && data.buffer.byteLength > 0
      ? [data.buffer]
      : [],
  );
  if (buffers.length === 0) return;
  if (closedPort === undefined) {
    closedPort = new MessageChannel().port1;
    closedPort.close();
  }
  closedPort.postMessage(null, buffers); // to nobody: moved, and dropped
}
