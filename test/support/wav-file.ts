export interface WavOptions {
  /** 1 is PCM, 3 floats. */
  readonly tag?: number;
  readonly bits: number;
  readonly channels?: number;
  readonly sampleRate?: number;
}

/** A WAV file with an odd chunk before the data, as recorders write. */
export function wavFile(
  data: Buffer,
  { tag = 1, bits, channels = 1, sampleRate = 8000 }: WavOptions,
): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt16LE(bits, 14);
  const body = [chunk('fmt ', format), chunk('LIST', Buffer.from('odd')), chunk('data', data)];
  return Buffer.concat([Buffer.from('RIFF0000WAVE', 'latin1'), ...body]);
}

/** Whole numbers as 16-bit samples. */
export function pcm16(values: readonly number[]): Buffer {
  return Buffer.from(Int16Array.from(values).buffer);
}

function chunk(name: string, bytes: Buffer): Buffer {
  const head = Buffer.from(`${name}0000`, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}
