// What a state writes, for people as much as for itself: JSON of printable ASCII, so that a byte is a
// character, and a terminal can show any file.
import { refuse } from '../package/check.ts';

const maximumValues = 2 ** 20; // an empty array takes two bytes of a file, and fifty of memory

/** Throws FormatError for more values than parseJson takes. */
export function toJson(value: object): string {
  const json = JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  checkSize(json);
  return json;
}

/** For a check to read. Throws FormatError for anything but JSON, and for more than a million values. */
export function parseJson(bytes: Uint8Array): unknown {
  const json = toAscii(bytes);
  checkSize(json);
  try {
    return JSON.parse(json);
  } catch {
    return refuse('text', 'JSON', 'something else');
  }
}

// Before anything is made of it: no more values than what may begin or separate them.
function checkSize(json: string): void {
  if (json.split(/[[{,]/, maximumValues + 1).length > maximumValues) {
    refuse('text', `at most ${maximumValues} values`, 'more');
  }
}

export function toAscii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function fromAscii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
