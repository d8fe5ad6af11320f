// A camera as the page's input: started and stopped by a person, read a few times a second while the
// page is seen, never faster than the predictions come.
import { findElement } from './find-element.ts';
import { middleOf, scalePicture } from './picture.ts';
import type { SampleForm } from './sample-form.ts';

/** Between a prediction and the next frame. */
const pauseMs = 150;
/** A larger middle is scaled to it by the browser first, so that scaling stays cheap. */
const largestSide = 480;

export interface Camera {
  /** Pixels of the frame that is seen now; null while the camera is off. */
  read(): Uint8Array | null;
}

/** Connects the camera's controls. `onFrame` sees each frame that is looked at, null once it is off. */
export function openCamera(
  form: SampleForm,
  onFrame: (pixels: Uint8Array | null) => Promise<void>,
): Camera {
  const video = findElement('video', HTMLVideoElement);
  const start = findElement('camera-start', HTMLButtonElement);
  const turn = findElement('camera-turn', HTMLButtonElement);
  const note = findElement('camera-note', HTMLParagraphElement);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  video.style.aspectRatio = `${form.width} / ${form.height}`;
  let facing: 'environment' | 'user' = 'environment';
  let stream: MediaStream | null = null;
  let starts = 0;

  function read(): Uint8Array | null {
    if (stream === null || context === null || video.videoWidth === 0) return null;
    const { left, top, width, height } = middleOf(
      { width: video.videoWidth, height: video.videoHeight },
      form,
    );
    const shrink = Math.min(1, largestSide / Math.max(width, height));
    [canvas.width, canvas.height] = [Math.round(width * shrink), Math.round(height * shrink)];
    context.drawImage(video, left, top, width, height, 0, 0, canvas.width, canvas.height);
    return scalePicture(context.getImageData(0, 0, canvas.width, canvas.height), form);
  }

  async function watch(own: MediaStream): Promise<void> {
    const isOn = (): boolean => stream === own;
    while (isOn()) {
      const pixels = document.hidden ? null : read();
      if (pixels !== null) await onFrame(pixels);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  function stop(): void {
    if (stream !== null) endTracks(stream);
    stream = null;
    video.srcObject = null;
    start.textContent = 'Start the camera';
    turn.hidden = true;
    void onFrame(null);
  }

  async function run(): Promise<void> {
    stop();
    const started = ++starts;
    note.textContent = 'Waiting for the camera…';
    try {
      const own = await requestStream(facing);
      if (started !== starts) return endTracks(own); // started again meanwhile
      stream = own;
      video.srcObject = own;
      video.classList.toggle('mirrored', isFront(own, facing));
      own.getVideoTracks()[0]?.addEventListener('ended', () => {
        if (stream !== own) return;
        stop();
        note.textContent = 'The camera was taken away. Start it again.';
      });
      await video.play();
      start.textContent = 'Stop the camera';
      turn.hidden = false;
      note.textContent = 'Hold something up. Pictures stay on this device.';
      void watch(own);
    } catch (error) {
      if (started !== starts) return;
      stop();
      note.textContent = reasonOf(error);
    }
  }

  start.addEventListener('click', () => {
    if (stream === null) void run();
    else {
      stop();
      note.textContent = 'The camera is off.';
    }
  });
  turn.addEventListener('click', () => {
    facing = facing === 'user' ? 'environment' : 'user';
    void run();
  });
  return { read };
}

function endTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function requestStream(facing: 'environment' | 'user'): Promise<MediaStream> {
  if (!('mediaDevices' in navigator)) {
    throw new DOMException('no camera on a page that is not secure', 'SecurityError');
  }
  const ideal = { width: { ideal: 640 }, height: { ideal: 480 } };
  return navigator.mediaDevices.getUserMedia({ video: { ...ideal, facingMode: facing } });
}

/** A front camera shows a person as a mirror does; what is learned is not mirrored. */
function isFront(stream: MediaStream, asked: string): boolean {
  return (stream.getVideoTracks()[0]?.getSettings().facingMode ?? asked) === 'user';
}

function reasonOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  switch (name) {
    case 'NotAllowedError':
      return 'The camera is not allowed here. Allow it in the browser’s settings for this page, then start it again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no camera here. Connect one, then start it again.';
    case 'NotReadableError':
      return 'Another program uses the camera. Close that one, then start it again.';
    case 'SecurityError':
      return 'Browsers give a camera only to pages that come by https or from localhost.';
    default:
      return `The camera did not start: ${message}.`;
  }
}
