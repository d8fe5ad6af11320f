// The demo page: draw, correct, learn, and see what came of it. Each part of the page has a file of
// its own; this one connects them.
import type { Prediction } from '#runtime';

import { fetchBytes } from '../package-file.ts';
import { decodeDigits, sampleOf } from './digit-record.ts';
import type { Digit } from './digit-record.ts';
import { openDrawingPad } from './drawing-pad.ts';
import type { DrawingPad } from './drawing-pad.ts';
import { openExampleStore } from './example-store.ts';
import type { ExampleStore } from './example-store.ts';
import { examplesTray } from './examples-tray.ts';
import { findElement } from './find-element.ts';
import { historyPanel } from './history-panel.ts';
import { keepOffline } from './install.ts';
import { lessonPanel, shareRead } from './lesson-panel.ts';
import type { PlannedMemory } from './lesson-panel.ts';
import { percent, predictionPanel } from './prediction-panel.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';

/** Of the bundled person's digits, the first are to learn from and the others to test on. */
const personTrainingCount = 64;
const rehearsedCount = 40;

const problem = findElement('problem', HTMLParagraphElement);
let isBusy = false;

/** Runs one thing at a time; shows what goes wrong. */
async function attempt(work: () => Promise<void>): Promise<void> {
  if (isBusy) return;
  setBusy(true);
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    report(error);
  } finally {
    setBusy(false);
  }
}

// Not `disabled`: the focus would be lost with it.
function setBusy(value: boolean): void {
  isBusy = value;
  for (const button of document.querySelectorAll('[data-exclusive]')) {
    button.setAttribute('aria-disabled', String(value));
  }
}

function report(error: unknown): void {
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

async function fetchDigits(url: string): Promise<Digit[]> {
  return decodeDigits(await fetchBytes(url));
}

/** Predicts what is on the pad now; strokes that come meanwhile are predicted after it. */
function predictLive(
  session: Session,
  pad: DrawingPad,
  show: (prediction: Prediction | null, isDone: boolean) => void,
): (isDone: boolean) => void {
  let pending: { isDone: boolean } | null = null;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      while (pending !== null) {
        const { isDone } = pending;
        pending = null;
        const pixels = pad.read();
        show(pixels && (await session.learner.predict(sampleOf({ pixels }))), isDone);
      }
    } finally {
      isRunning = false;
    }
  };
  return (isDone) => {
    pending = { isDone: isDone || pending?.isDone === true };
    if (!isRunning) run().catch(report);
  };
}

function connectDrawing(session: Session, examples: ExampleStore, samples: readonly Digit[]): void {
  const show = predictionPanel(session.learner.labels);
  const pad: DrawingPad = openDrawingPad(
    findElement('pad', HTMLCanvasElement),
    findElement('pen', HTMLSpanElement),
    (isDone) => predict(isDone),
  );
  const predict = predictLive(session, pad, show);
  redraw = () => predict(true);
  findElement('clear', HTMLButtonElement).addEventListener('click', () => pad.clear());
  let next = 0;
  findElement('sample', HTMLButtonElement).addEventListener('click', () => {
    const sample = samples[next++ % samples.length];
    if (sample !== undefined) pad.show(sample.pixels);
  });
  const stored = findElement('stored', HTMLParagraphElement);
  const buttons = session.learner.labels.map((name, label) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', `It is ${name}`);
    button.addEventListener('click', () => {
      const pixels = pad.read();
      if (pixels === null) {
        stored.textContent = 'Draw a digit first.';
        return;
      }
      void examples.add([{ label, origin: 'drawn', pixels }]).catch(report);
      stored.textContent = `Stored as an example of ${name}.`;
      pad.clear();
    });
    return button;
  });
  findElement('correct', HTMLDivElement).replaceChildren(...buttons);
}

let redraw = (): void => {};

function showEngine(session: Session | null): void {
  const text = findElement('engine', HTMLParagraphElement);
  const name =
    session?.engine === 'kernels'
      ? 'Computing on the processor, with the reference kernels.'
      : 'Computing on the graphics processor, with WebGL.';
  text.textContent = session?.fallback == null ? name : `${name} Reason: ${session.fallback}`;
}

function connectLearning(
  {
    session,
    examples,
    person,
    samples,
  }: {
    readonly session: Session;
    readonly examples: ExampleStore;
    readonly person: readonly Digit[];
    readonly samples: readonly Digit[];
  },
  memory: PlannedMemory,
): void {
  const lesson = lessonPanel(memory);
  const history = historyPanel(session, attempt, () => redraw());
  const rehearse = findElement('rehearse', HTMLInputElement);
  const unseen = person.slice(personTrainingCount);
  history.show();
  findElement('learn', HTMLButtonElement).addEventListener('click', () => {
    void attempt(async () => {
      const { digits } = examples;
      if (digits.length === 0)
        throw new RangeError(
          'Learn: expected examples, got none; draw some, or try a new person’s handwriting',
        );
      await lesson.run({
        session,
        digits: rehearse.checked ? [...digits, ...samples.slice(0, rehearsedCount)] : digits,
        unseen: digits.some(({ origin }) => origin === 'person') ? unseen : [],
      });
      history.show();
      redraw();
    });
  });
  findElement('person', HTMLButtonElement).addEventListener('click', () => {
    void attempt(async () => {
      const others = examples.digits.filter(({ origin }) => origin !== 'person');
      await examples.clear();
      await examples.add([...others, ...person.slice(0, personTrainingCount)]);
      const share = await shareRead(session.learner, unseen);
      findElement('verdict', HTMLParagraphElement).textContent =
        `Of 100 other digits by this person it reads ${percent(share)}. Press Learn.`;
    });
  });
  findElement('remove-all', HTMLButtonElement).addEventListener('click', () => {
    void attempt(() => examples.clear());
  });
}

async function start(): Promise<void> {
  const loading = Promise.all([
    fetchDigits('sample-digits.bin'),
    fetchDigits('person-digits.bin'),
    fetch('memory.json').then((response) => response.json() as Promise<PlannedMemory>),
  ]);
  let session: Session | null = null;
  session = await openSession('digits.onward', () => showEngine(session));
  showEngine(session);
  const showTray = examplesTray((digit) => void examples.remove(digit).catch(report));
  const examples = await openExampleStore('digits-examples', () => showTray(examples.digits));
  showTray(examples.digits);
  const [samples, person, memory] = await loading;
  connectDrawing(session, examples, samples);
  connectLearning({ session, examples, person, samples }, memory);
  document.body.classList.add('ready');
}

void keepOffline(findElement('offline', HTMLParagraphElement));
start().catch((error: unknown) => {
  findElement('engine', HTMLParagraphElement).textContent = 'The model did not open.';
  report(error);
});
