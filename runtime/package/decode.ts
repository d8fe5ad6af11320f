import { FormatError } from '../errors.ts';
import { BlobReader } from './blob-reader.ts';
import { checkContent } from './check-content.ts';
import { checkVersion, readContainer } from './container.ts';
import type { Sha256 } from './container.ts';
import type { PackageContent } from './content.ts';
import { contentOf } from './schema.ts';

export interface DecodeOptions {
  /** Bytes that the arrays of the content may take in all; default 256 MiB. */
  readonly memoryLimit?: number;
}

/**
 * What an .onward file holds, everything in it checked. The content owns its arrays: `bytes` may be
 * dropped or changed after. Throws FormatError for bytes that are truncated, changed, foreign,
 * hostile or of another version.
 */
export async function decodePackage(
  bytes: Uint8Array,
  sha256: Sha256,
  { memoryLimit = 2 ** 28 }: DecodeOptions = {},
): Promise<PackageContent> {
  checkVersion(bytes);
  try {
    const { content: plain, blobs } = await readContainer(bytes, sha256);
    const store = new BlobReader(blobs, memoryLimit);
    const content = contentOf(store)(plain, '');
    store.finish();
    await checkContent(content);
    return content;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(
      `package: ${error.message}; the file is damaged or not made by onward export`,
      { cause: error },
    );
  }
}
