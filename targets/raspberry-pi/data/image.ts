import { decode } from 'jpeg-js';
import { PNG } from 'pngjs';

import { FormatError, UnsupportedError } from '#runtime';

import { exifOrientation } from './exif-orientation.ts';

/** 8-bit pixels, row by row, as red, green, blue, alpha. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const mostPixels = 50_000_000;
const pngSignature = '\x89PNG\r\n\x1A\n';
const jpegSignature = '\xff\xd8\xff';

/** Decodes a PNG or JPEG by its content, turned as its camera was held. */
export function decodeImage(bytes: Buffer, where: string): Image {
  const start = bytes.toString('latin1', 0, 8);
  const isPng = start === pngSignature;
  if (!isPng && !start.startsWith(jpegSignature)) {
    throw new FormatError(`${where}: expected a PNG or JPEG image, got something else`);
  }
  if (isPng) checkPng(bytes, where);
  try {
    return isPng ? PNG.sync.read(bytes) : decodeJpeg(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${where}: expected a whole image, got ${reason}; save it again`, {
      cause,
    });
  }
}

// The decoder bounds what it inflates by the header's size, but not for interlaced images.
function checkPng(bytes: Buffer, where: string): void {
  if (bytes.length < 29) throw new FormatError(`${where}: expected a whole image, got a header`);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width * height > mostPixels) {
    throw new FormatError(
      `${where}: expected at most ${mostPixels} pixels, got ${width} x ${height}; shrink the image`,
    );
  }
  if (bytes[28] !== 0) {
    throw new UnsupportedError(
      `${where}: expected a PNG without interlacing, got an interlaced one; save it without`,
    );
  }
}

function decodeJpeg(bytes: Buffer): Image {
  const decoded = decode(bytes, {
    useTArray: true,
    tolerantDecoding: false,
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: 1024,
  });
  const { exifBuffer } = decoded as { exifBuffer?: Uint8Array };
  return exifBuffer ? turn(decoded, exifOrientation(exifBuffer)) : decoded;
}

// EXIF orientations: 2 to 4 mirror or turn by half, 5 to 8 also swap the axes.
function turn(image: Image, orientation: number): Image {
  if (orientation <= 1) return image;
  const swaps = orientation >= 5;
  const width = swaps ? image.height : image.width;
  const height = swaps ? image.width : image.height;
  const source = new Uint32Array(image.data.buffer, image.data.byteOffset, width * height);
  const turned = new Uint32Array(width * height);
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [across, down] = swaps ? [y, x] : [x, y];
      const sourceX = mirrorsX ? image.width - 1 - across : across;
      const sourceY = mirrorsY ? image.height - 1 - down : down;
      turned[y * width + x] = source[sourceY * image.width + sourceX] ?? 0;
    }
  }
  return { width, height, data: new Uint8Array(turned.buffer) };
}
