// Which package the page works with: the one in its address (?package=URL), the one a person opened
// from a file, kept in IndexedDB, or the digits that came with the page.
import { decode, fetchBytes, sha256 } from '../package-file.ts';
import { deleteIndexedDbStorage, openIndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { attempt } from './busy.ts';
import { findElement } from './find-element.ts';
import { sampleFormOf } from './sample-form.ts';

const opened = 'opened-package';

export interface ChosenPackage {
  readonly bytes: Uint8Array;
  /** File name. */
  readonly name: string;
  /** Names what is kept for it in IndexedDB. */
  readonly state: string;
  /** Whether it is the one that came with the page. */
  readonly isBundled: boolean;
}

/** Throws InputError where the address names a package that cannot be fetched. */
export async function chosenPackage(): Promise<ChosenPackage> {
  const url = new URLSearchParams(location.search).get('package');
  const [name, bytes] =
    url === null ? await openedPackage() : [url.replace(/^.*\//, ''), await fetchBytes(url)];
  if (bytes === null) {
    const bundled = await fetchBytes('digits.onward');
    return { bytes: bundled, name: 'digits.onward', state: 'digits', isBundled: true };
  }
  const digest = await sha256(bytes);
  const state = Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'));
  return { bytes, name, state: state.join(''), isBundled: false };
}

async function openedPackage(): Promise<[name: string, bytes: Uint8Array | null]> {
  const storage = openIndexedDbStorage(opened);
  const name = await storage.read('name');
  return [new TextDecoder().decode(name ?? undefined), await storage.read('package')];
}

/** Connects the buttons that open another package and go back. Either way the page starts again. */
export function connectPackageChoice(): void {
  const input = findElement('package-file', HTMLInputElement);
  findElement('open-package', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    void attempt(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      sampleFormOf(await decode(bytes)); // or the page would not open again
      const storage = openIndexedDbStorage(opened);
      await storage.replace('name', new TextEncoder().encode(file.name));
      await storage.replace('package', bytes);
      location.assign('./');
    }).finally(() => (input.value = ''));
  });
  findElement('back-to-digits', HTMLButtonElement).addEventListener('click', () => {
    void attempt(async () => {
      await deleteIndexedDbStorage(opened);
      location.assign('./');
    });
  });
}
