import { decodePackage, InputError } from '#runtime';
import type { PackageContent } from '#runtime';

/** SHA-256, as the package format wants it. Browsers have it on pages by https and on localhost. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new InputError(
      'package: expected crypto.subtle, got none; open the page by https or on localhost',
    );
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
}

/** Throws FormatError for anything that is not a whole, undamaged package. */
export function decode(bytes: Uint8Array): Promise<PackageContent> {
  return decodePackage(bytes, sha256);
}

/** The bytes behind a URL; InputError naming it where it cannot be had. */
export async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  let reason: string;
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    reason = `status ${response.status}`;
  } catch (cause) {
    reason = cause instanceof Error ? cause.message : String(cause);
  }
  throw new InputError(`${url}: expected a package that can be fetched, got ${reason}`);
}
