import { reject } from '../package/check.ts';
import type { Check } from '../package/check.ts';

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Digits of 1 to 64 bytes. */
export const hex: Check<string> = (plain, where) =>
  typeof plain === 'string' && /^([0-9a-f]{2}){1,64}$/.test(plain)
    ? plain
    : reject(where, '1 to 64 bytes in hex digits', plain);
