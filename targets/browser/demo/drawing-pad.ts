// A sheet of paper: strokes by finger, mouse, pen or arrow keys. Ink is the canvas's alpha, so that
// paper and ink may have any colour.
import { digitImage } from './digit-image.ts';
import { drawPixels } from './draw-pixels.ts';
import { findElement } from './find-element.ts';
import type { SampleForm } from './sample-form.ts';

/** At 280 pixels: about two of the digit's 20 pixels, as in MNIST. */
const strokeWidth = 20;
const keySteps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface DrawingPad {
  /** What is drawn, as 28 x 28 pixels of ink; null for nothing. */
  read(): Uint8Array | null;
  clear(): void;
  /** Replaces what is drawn by a digit of 28 x 28 pixels. */
  show(pixels: Uint8Array): void;
}

/** `onChange` hears of every change, `isDone` once a stroke has ended. */
export function openDrawingPad(form: SampleForm, onChange: (isDone: boolean) => void): DrawingPad {
  const canvas = findElement('pad', HTMLCanvasElement);
  const pen = findElement('pen', HTMLSpanElement);
  const found = canvas.getContext('2d', { willReadFrequently: true });
  if (found === null) throw new TypeError('pad: expected a 2d canvas, got none');
  const context: CanvasRenderingContext2D = found;
  const { width, height } = canvas;
  Object.assign(context, { lineWidth: strokeWidth, lineCap: 'round', lineJoin: 'round' });
  const pad: DrawingPad = {
    read: () => digitImage(context.getImageData(0, 0, width, height)),
    clear() {
      context.clearRect(0, 0, width, height);
      onChange(true);
    },
    show(pixels) {
      context.clearRect(0, 0, width, height);
      drawPixels(context, pixels, form);
      onChange(true);
    },
  };

  function line(from: readonly [number, number], to: readonly [number, number]): void {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }

  drawByPointer(canvas, line, onChange);
  drawByKeys({ canvas, pen, line, clear: () => pad.clear() }, onChange);
  return pad;
}

type Line = (from: readonly [number, number], to: readonly [number, number]) => void;

function drawByPointer(
  canvas: HTMLCanvasElement,
  line: Line,
  onChange: (isDone: boolean) => void,
): void {
  let last: readonly [number, number] | null = null;
  const place = ({ clientX, clientY }: PointerEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [
      ((clientX - box.left) / box.width) * canvas.width,
      ((clientY - box.top) / box.height) * canvas.height,
    ];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
    onChange(false);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (last === null) return;
    for (const part of event.getCoalescedEvents().concat(event)) {
      const next = place(part);
      line(last, next);
      last = next;
    }
    onChange(false);
  });
  for (const end of ['pointerup', 'pointercancel'] as const) {
    canvas.addEventListener(end, () => {
      if (last !== null) onChange(true);
      last = null;
    });
  }
}

interface KeyboardDrawing {
  readonly canvas: HTMLCanvasElement;
  /** Shows where the pen is while the pad has the focus. */
  readonly pen: HTMLElement;
  readonly line: Line;
  readonly clear: () => void;
}

function drawByKeys(
  { canvas, pen, line, clear }: KeyboardDrawing,
  onChange: (isDone: boolean) => void,
): void {
  let at: readonly [number, number] = [canvas.width / 2, canvas.height / 4];
  let isDown = false;
  const showPen = (): void => {
    pen.classList.toggle('down', isDown);
    pen.style.left = `${(100 * at[0]) / canvas.width}%`;
    pen.style.top = `${(100 * at[1]) / canvas.height}%`;
  };
  canvas.addEventListener('focus', () => {
    pen.hidden = !canvas.matches(':focus-visible');
    showPen();
  });
  canvas.addEventListener('blur', () => {
    pen.hidden = true;
    isDown = false;
  });
  canvas.addEventListener('keydown', (event) => {
    const step = keySteps[event.key];
    if (step !== undefined) {
      const length = event.shiftKey ? 30 : 10;
      const limit = (value: number): number => Math.max(0, Math.min(canvas.width, value));
      const next = [limit(at[0] + length * step[0]), limit(at[1] + length * step[1])] as const;
      if (isDown) line(at, next);
      at = next;
      if (isDown) onChange(false);
    } else if (event.key === ' ') {
      isDown = !isDown;
      if (isDown) line(at, at);
      onChange(!isDown);
    } else if (event.key === 'Delete' || event.key === 'Backspace') clear();
    else return;
    event.preventDefault();
    pen.hidden = false;
    showPen();
  });
}
