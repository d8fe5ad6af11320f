// Offline use: a service worker keeps the page and its package from the first visit on.

/** Tells in `note` when the page works offline, and when a newer one is there. */
export async function keepOffline(note: HTMLElement): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const isFirst = navigator.serviceWorker.controller === null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    note.textContent = isFirst ? ready : 'There is a newer version of this page: reload it.';
  });
  try {
    await navigator.serviceWorker.register('service-worker.js');
    await navigator.serviceWorker.ready;
    if (!isFirst) note.textContent = ready;
  } catch {
    note.textContent = 'This browser cannot keep the page for offline use.';
  }
}

const ready = 'This page works offline now, and can be installed.';
