// Plain data -> MessagePack: what runtime/package/unpack.ts lets through, and nothing else.
import { Packr } from 'msgpackr/pack';

/** No maps, no extensions. */
export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[];

/** The same bytes for the same data. */
export function pack(plain: Plain): Uint8Array<ArrayBuffer> {
  const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
  return new Uint8Array(packr.pack(plain)); // copied out of its pool
}
