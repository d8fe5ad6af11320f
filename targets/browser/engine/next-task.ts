/** Resolves in a task of its own, after what the page has waiting; without a timer's 4 ms. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const settle = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', settle, { once: true });
    port1.start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- windows have origins, ports none
    port2.postMessage(null);
  });
}
