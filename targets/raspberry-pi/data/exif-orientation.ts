// Phones store photographs as the sensor saw them, with a note on how the phone was held.

/** The orientation, 1 to 8, in the bytes after the Exif marker; 1 where it cannot be found. */
export function exifOrientation(exif: Uint8Array): number {
  const bytes = Buffer.from(exif.buffer, exif.byteOffset, exif.byteLength);
  const start = Math.max(bytes.indexOf('II*\0', 0, 'latin1'), bytes.indexOf('MM\0*', 0, 'latin1'));
  if (start < 0) return 1;
  const isLittleEndian = bytes[start] === 0x49;
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start);
  try {
    const directory = view.getUint32(4, isLittleEndian);
    const count = view.getUint16(directory, isLittleEndian);
    for (let entry = 0; entry < count; entry++) {
      const offset = directory + 2 + 12 * entry;
      if (view.getUint16(offset, isLittleEndian) !== 0x0112) continue;
      const orientation = view.getUint16(offset + 8, isLittleEndian);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch (error) {
    // Offsets that point outside: a damaged note says nothing.
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
