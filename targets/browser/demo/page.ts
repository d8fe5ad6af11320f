// The demo page: show, correct, learn, and see what came of it. Each part of the page has a file of
// its own; this one connects them.
import { decode } from '../package-file.ts';
import { connectPerson, fetchBundledDigits, unseenDigits } from './bundled-digits.ts';
import type { BundledDigits } from './bundled-digits.ts';
import { attempt, report } from './busy.ts';
import { openCamera } from './camera.ts';
import { classButtons } from './class-buttons.ts';
import { openDrawingPad } from './drawing-pad.ts';
import type { Example } from './example-record.ts';
import { openExampleStore } from './example-store.ts';
import type { ExampleStore } from './example-store.ts';
import { examplesTray } from './examples-tray.ts';
import { findElement } from './find-element.ts';
import { historyPanel } from './history-panel.ts';
import { keepOffline } from './install.ts';
import { lessonPanel } from './lesson-panel.ts';
import { predictLive } from './live-prediction.ts';
import { newClassPanel } from './new-class.ts';
import { chosenPackage, connectPackageChoice } from './package-choice.ts';
import { predictionPanel } from './prediction-panel.ts';
import { sampleFormOf } from './sample-form.ts';
import type { SampleForm } from './sample-form.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';
import { showWords } from './words.ts';

/** What a person shows to the model: a drawing, or what the camera sees. */
interface Shown {
  read(): Uint8Array | null;
  /** After it has become an example. */
  taken(): void;
}

function openShown(
  form: SampleForm,
  samples: readonly Example[],
  onChange: (isDone: boolean) => Promise<void>,
): Shown {
  const change = (isDone: boolean): Promise<void> => onChange(isDone).catch(report);
  if (form.kind === 'picture') {
    const camera = openCamera(form, () => change(false));
    return { read: () => camera.read(), taken() {} };
  }
  const pad = openDrawingPad(form, (isDone) => void change(isDone));
  findElement('clear', HTMLButtonElement).addEventListener('click', () => pad.clear());
  let next = 0;
  findElement('sample', HTMLButtonElement).addEventListener('click', () => {
    const sample = samples[next++ % samples.length];
    if (sample !== undefined) pad.show(sample.pixels);
  });
  return { read: () => pad.read(), taken: () => pad.clear() };
}

function showEngine({ learner, fallback }: Session): void {
  const name =
    learner.engine === 'kernels'
      ? 'Computing on the processor, with the reference kernels.'
      : 'Computing on the graphics processor, with WebGL.';
  findElement('engine', HTMLParagraphElement).textContent =
    fallback === null ? name : `${name} Reason: ${fallback}`;
}

interface Parts {
  readonly session: Session;
  readonly form: SampleForm;
  readonly store: ExampleStore;
  /** Null for another package than the page's own. */
  readonly bundled: BundledDigits | null;
  readonly shown: Shown;
  /** Draws everything that depends on weights, classes or examples again. */
  readonly refresh: () => void;
}

function connectExamples({ session, store, shown, bundled, form }: Parts): void {
  const stored = findElement('stored', HTMLParagraphElement);
  const show = classButtons((label) => {
    const pixels = shown.read();
    if (pixels === null) {
      stored.textContent = form.kind === 'drawing' ? 'Draw it first.' : 'Start the camera first.';
      return;
    }
    void store.add([{ label, origin: 'own', pixels }]).catch(report);
    stored.textContent = `Stored as an example of ${label}.`;
    shown.taken();
  });
  refreshed.push(() => show(session.learner.labels));
  findElement('remove-all', HTMLButtonElement).addEventListener('click', () => {
    void attempt(() => store.remove(() => true));
  });
  if (bundled !== null) connectPerson(bundled, { learner: session.learner, form, store });
}

function connectLearning({ session, form, store, bundled, shown, refresh }: Parts): void {
  const { learner } = session;
  const panel = lessonPanel(bundled?.memory ?? null);
  const samplesOf = (examples: readonly Example[]): Float32Array[] =>
    examples.map(({ pixels }) => form.sampleOf(pixels));
  findElement('learn', HTMLButtonElement).addEventListener('click', () => {
    void attempt(async () => {
      const known = store.examples.filter(({ label }) => learner.labels.includes(label));
      if (known.length === 0)
        throw new RangeError(
          'Learn: expected examples of classes it knows, got none; give it some',
        );
      const y = known.map(({ label }) => label);
      await panel.run({
        session,
        form,
        learn: (options) => learner.learn({ x: samplesOf(known), y }, options),
        success: 'Show it another one and see.',
        unseen: bundled === null ? [] : unseenDigits(bundled, known),
      });
      refresh();
    });
  });
  const classes = newClassPanel({
    learner,
    store,
    read: () => shown.read(),
    onTaken: () => shown.taken(),
    async teach(label, examples) {
      const isKept = await panel.run({
        session,
        form,
        learn: (options) => learner.addClass(label, samplesOf(examples), options),
        success: `It knows ${label} now. Show it one and see.`,
        unseen: [],
      });
      refresh();
      return isKept;
    },
    async remove(label) {
      await learner.removeClass(label);
      refresh();
    },
  });
  refreshed.push(() => classes.show());
}

const refreshed: (() => void)[] = [];

async function start(): Promise<void> {
  const chosen = await chosenPackage();
  const content = await decode(chosen.bytes);
  const form = sampleFormOf(content);
  showWords(chosen, content, form);
  const loading = chosen.isBundled ? fetchBundledDigits(form) : null;
  let session: Session | null = null;
  session = await openSession(chosen.bytes, chosen.state, () => session && showEngine(session));
  showEngine(session);
  const { learner } = session;
  const bundled = await loading;
  const refresh = (): void => {
    for (const show of refreshed) show();
  };
  const tray = examplesTray(form, (example) => {
    void store.remove((each) => each === example).catch(report);
  });
  const pixelCount = form.height * form.width * form.channels;
  const store = await openExampleStore(`${chosen.state}-examples`, pixelCount, refresh);
  const predict = predictLive(learner, form, predictionPanel(), () => shown.read());
  const shown = openShown(form, bundled?.samples ?? [], predict);
  const history = historyPanel(
    learner,
    chosen.name.replace(/(?:\.onward)?$/, '.onward-learned'),
    refresh,
  );
  const parts: Parts = { session, form, store, bundled, shown, refresh };
  connectExamples(parts);
  connectLearning(parts);
  refreshed.push(
    () => tray.show(store.examples, learner.labels),
    () => history.show(),
    () => void predict(true).catch(report),
  );
  refresh();
  document.body.classList.add('ready');
}

void keepOffline(findElement('offline', HTMLParagraphElement));
connectPackageChoice();
start().catch((error: unknown) => {
  findElement('engine', HTMLParagraphElement).textContent = 'The model did not open.';
  report(error);
});
