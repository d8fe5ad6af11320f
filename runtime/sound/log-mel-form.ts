// What a package says of sounds, together with the shape of its input, is the form of its features.
import { InputError } from '../errors.ts';
import type { Shape } from '../graph/shape.ts';
import type { SoundDescription } from '../package/content.ts';
import type { LogMelForm } from './log-mel.ts';

/** For an input of [frames, 1, bands] or [frames, bands, 1]; throws InputError for another. */
export function logMelForm(sound: SoundDescription, [frames, width, channels]: Shape): LogMelForm {
  if (width !== 1 && channels !== 1) {
    throw new InputError(
      `log-mel: expected an input of shape [frames, 1, bands] or [frames, bands, 1], got [${frames}, ${width}, ${channels}]`,
    );
  }
  return { ...sound, frames, bands: width * channels };
}
