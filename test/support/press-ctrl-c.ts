/** For the command that runs in this process: calls what listened last, and nothing that other tests left listening. */
export function pressCtrlC(): void {
  process.rawListeners('SIGINT').at(-1)?.call(process, 'SIGINT');
}
