// One thing at a time: buttons marked data-exclusive start nothing while another one's work runs.
import { findElement } from './find-element.ts';

const problem = findElement('problem', HTMLParagraphElement);
let isBusy = false;

/** Runs `work` unless something else runs; shows what goes wrong. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  if (isBusy) return;
  setBusy(true);
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    report(error);
  } finally {
    setBusy(false);
  }
}

// Not `disabled`: the focus would be lost with it.
function setBusy(value: boolean): void {
  isBusy = value;
  for (const button of document.querySelectorAll('[data-exclusive]')) {
    button.setAttribute('aria-disabled', String(value));
  }
}

/** Shows what went wrong. */
export function report(error: unknown): void {
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}
