// onnxruntime-node copies every fetched output into a fresh buffer, also those it has just written in
// place. The copies are garbage at once, but a collector that sees only small objects lets them pile
// up; detaching gives the memory back now.
import { MessageChannel } from 'node:worker_threads';

let closedPort: InstanceType<typeof MessageChannel>['port1'] | undefined;

/** Frees the buffer's memory; every view of it is empty afterwards. */
export function detach(buffer: ArrayBufferLike): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) return;
  if (closedPort === undefined) {
    closedPort = new MessageChannel().port1;
    closedPort.close();
  }
  closedPort.postMessage(null, [buffer]); // to nobody: moved, and dropped
}
