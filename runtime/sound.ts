// Sounds as a model takes them: apart from index.ts, since few packages are of sounds.
export type { LogMelForm } from './sound/log-mel.ts';
export { logMel } from './sound/log-mel.ts';
export { logMelForm } from './sound/log-mel-form.ts';
