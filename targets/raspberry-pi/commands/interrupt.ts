/** Turns Ctrl-C into an aborted signal, once; a second one ends the process. */
export function watchInterrupt(): { readonly aborted: boolean } & Disposable {
  let aborted = false;
  const interrupt = (): void => {
    aborted = true;
  };
  process.once('SIGINT', interrupt);
  return {
    get aborted() {
      return aborted;
    },
    [Symbol.dispose]: () => process.off('SIGINT', interrupt),
  };
}
