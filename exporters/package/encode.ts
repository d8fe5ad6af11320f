import { decodePackage, FormatError } from '#runtime';
import type { PackageContent, Sha256 } from '#runtime';

import { writeContainer } from './container.ts';
import { plainContent } from './plain-content.ts';

/**
 * The bytes of an .onward file: the same bytes for the same content. They have been read back, so that
 * whatever decodePackage refuses is refused here. Throws FormatError naming the field that does not hold.
 */
export async function encodePackage(
  content: PackageContent,
  sha256: Sha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const blobs: Uint8Array[] = [];
  const file = await writeContainer(plainContent(content, blobs), blobs, sha256);
  try {
    await decodePackage(file, sha256, { memoryLimit: Infinity });
  } catch (error) {
    if (!(error instanceof FormatError && error.cause instanceof FormatError)) throw error;
    throw new FormatError(
      `package: ${error.cause.message}; change the content before encoding it`,
      {
        cause: error,
      },
    );
  }
  return file;
}
