// RIFF/WAVE: PCM of 8, 16, 24 and 32 bits and IEEE floats, any number of channels. Own code: the WAV
// packages on npm either stopped years ago or read no floats, and none bounds what a header claims.
import { FormatError, UnsupportedError } from '#runtime';

export interface Sound {
  /** In hertz. */
  readonly sampleRate: number;
  /** Mean of the channels, -1 to 1. */
  readonly wave: Float32Array;
}

interface SoundFormat {
  readonly channels: number;
  readonly sampleRate: number;
  readonly encoding: 'pcm8' | 'pcm16' | 'pcm24' | 'pcm32' | 'float32' | 'float64';
}

type ReadValue = (data: Buffer, offset: number) => number;

const encodings: Record<SoundFormat['encoding'], { bytes: number; read: ReadValue }> = {
  pcm8: { bytes: 1, read: (data, offset) => (data.readUInt8(offset) - 128) / 128 },
  pcm16: { bytes: 2, read: (data, offset) => data.readInt16LE(offset) / 2 ** 15 },
  pcm24: { bytes: 3, read: (data, offset) => data.readIntLE(offset, 3) / 2 ** 23 },
  pcm32: { bytes: 4, read: (data, offset) => data.readInt32LE(offset) / 2 ** 31 },
  float32: { bytes: 4, read: (data, offset) => data.readFloatLE(offset) },
  float64: { bytes: 8, read: (data, offset) => data.readDoubleLE(offset) },
};

/** Throws FormatError for a damaged file, UnsupportedError for compressed sound. */
export function decodeWav(bytes: Buffer, where: string): Sound {
  const chunks = splitChunks(bytes, where);
  const format = parseFormat(chunks.get('fmt '), where);
  const data = chunks.get('data');
  if (!data) throw new FormatError(`${where}: expected sound data, got none; record it again`);
  const { channels, sampleRate } = format;
  const { bytes: width, read } = encodings[format.encoding];
  const wave = new Float32Array(Math.floor(data.length / (channels * width)));
  for (let time = 0; time < wave.length; time++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += read(data, (time * channels + channel) * width);
    }
    wave[time] = sum / channels;
  }
  return { sampleRate, wave };
}

// Chunks by name, the first of each; a chunk that claims more than there is makes the file truncated.
function splitChunks(bytes: Buffer, where: string): Map<string, Buffer> {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new FormatError(`${where}: expected a WAV file, got something else; convert it to WAV`);
  }
  const chunks = new Map<string, Buffer>();
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const name = bytes.toString('latin1', offset, offset + 4);
    const length = bytes.readUInt32LE(offset + 4);
    const chunk = bytes.subarray(offset + 8, offset + 8 + length);
    if (chunk.length < length) {
      throw new FormatError(
        `${where}: expected ${length} bytes of '${name}', got ${chunk.length}; copy the file again`,
      );
    }
    if (!chunks.has(name)) chunks.set(name, chunk);
    offset += 8 + length + (length % 2);
  }
  return chunks;
}

function parseFormat(chunk: Buffer | undefined, where: string): SoundFormat {
  if (!chunk || chunk.length < 16) {
    throw new FormatError(`${where}: expected a description of its format, got none`);
  }
  const tag = chunk.readUInt16LE(0);
  // 0xfffe: the actual tag starts the sub-format at 24.
  const kind = tag === 0xfffe && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  const bits = chunk.readUInt16LE(14);
  const encoding = `${kind === 3 ? 'float' : 'pcm'}${bits}`;
  if ((kind !== 1 && kind !== 3) || !isEncoding(encoding)) {
    throw new UnsupportedError(
      `${where}: expected PCM of 8, 16, 24 or 32 bits or floats, got format ${kind} of ${bits} bits; convert it to 16-bit PCM`,
    );
  }
  const channels = chunk.readUInt16LE(2);
  const sampleRate = chunk.readUInt32LE(4);
  if (channels < 1 || sampleRate < 100 || sampleRate > 1_000_000) {
    throw new FormatError(
      `${where}: expected 100 to 1000000 Hz and a channel, got ${sampleRate} Hz and ${channels} channels`,
    );
  }
  return { channels, sampleRate, encoding };
}

function isEncoding(name: string): name is SoundFormat['encoding'] {
  return Object.hasOwn(encodings, name);
}
