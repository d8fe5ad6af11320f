import { FormatError } from '../errors.ts';
import { BlobWriter } from './blob-store.ts';
import { checkContent } from './check-content.ts';
import { writeContainer } from './container.ts';
import type { Sha256 } from './container.ts';
import type { PackageContent } from './content.ts';
import { contentField } from './schema.ts';

/**
 * The bytes of an .onward file: the same bytes for the same content, everything in it checked as
 * decodePackage will. Throws FormatError naming the field that does not hold.
 */
export async function encodePackage(
  content: PackageContent,
  sha256: Sha256,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const store = new BlobWriter();
    const plain = contentField(store).write(content, '');
    checkContent(content);
    return await writeContainer(plain, store.blobs, sha256);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`package: ${error.message}; change the content before encoding it`, {
      cause: error,
    });
  }
}
