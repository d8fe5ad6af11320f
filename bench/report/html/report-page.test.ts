import { parseHTML } from 'linkedom';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ArmSummary, BenchResults, TaskResult } from '../../results.ts';
import { standaloneSvg } from './chart.ts';
import { paretoChart } from './pareto-chart.ts';
import { reportPage } from './report-page.ts';

const test = suite('bench/report/html');

function summary(arm: string, accuracy: number, peakBytes: number): ArmSummary {
  const about = (mean: number): ArmSummary['after'] => ({ mean, low: mean - 1, high: mean + 1 });
  return {
    arm,
    describes: `${arm} described`,
    setting: { name: 'learning rate', value: 0.015 },
    before: about(12),
    after: about(accuracy),
    deviation: 2,
    forgetting: null,
    worst: { user: '4', after: accuracy - 5 },
    againstOnward: null,
    steps: 1024,
    cost: {
      batchSize: 4,
      peakBytes,
      keptBytes: peakBytes / 2,
      msPerStep: 3,
      joulesPerStep: null,
      joulesMissing: 'no counter',
    },
  };
}

const task: TaskResult = {
  task: 'digits-hard',
  title: 'Digits & <shifts>',
  describes: 'A user writes.',
  skipped: null,
  tuningUsers: ['0'],
  users: ['4'],
  seeds: [1],
  arms: [summary('full backprop', 88.6, 9e6), summary('onward', 87.7, 1e6)],
  runs: [
    {
      arm: 'onward',
      user: '4',
      seed: 1,
      before: 12,
      after: 87.7,
      originalBefore: null,
      originalAfter: null,
      steps: 2,
      msPerStep: 3,
      curve: [
        [0, 12],
        [1, 50],
        [2, 87.7],
      ],
    },
  ],
  verdict: { front: ['onward', 'full backprop'], onwardOnFront: true, sentences: ['It is.'] },
};

const results: BenchResults = {
  format: 3,
  date: '2026-01-02T03:04:05Z',
  mode: 'quick',
  versions: { node: '20', onnxruntimeNode: '1.30.0', onward: '0.1.0', commit: 'abc' },
  parts: {
    size: {
      date: '2026-01-02T03:04:05Z',
      commit: 'abc',
      seconds: 7,
      machine: { cpu: 'a CPU', cores: 2, arch: 'x64', platform: 'linux', memoryBytes: 2 ** 34 },
    },
  },
  claims: [{ part: 'size', claim: 'holds', measured: '1', promised: '2', holds: false }],
  tasks: [task, { ...task, task: 'absent', skipped: 'its data is not here', arms: [], runs: [] }],
  growth: [
    {
      axis: 'layers',
      network: '32 channels',
      arm: 'onward',
      points: [
        { x: 4, peakBytes: 1e6, msPerStep: 1 },
        { x: 8, peakBytes: 1.1e6, msPerStep: 2 },
      ],
      ended: { x: 16, reason: 'no room' },
    },
  ],
  peers: [
    {
      peer: 'PyTorch',
      network: 'resnet-8',
      batchSize: 4,
      missing: 'torch is not installed',
      cost: null,
    },
  ],
};

const page = parseHTML(reportPage(results)).document;

test('every task, the growth, the peers, the claims and the parts have a section', () => {
  const ids = [...page.querySelectorAll('section')].map(({ id }) => id);
  assert.equal(ids, ['digits-hard', 'absent', 'growth', 'peers', 'claims', 'parts']);
});

test('what the numbers say stands in words above the picture, for each task', () => {
  const [verdict, picture] = page.querySelectorAll('#digits-hard .verdict, #digits-hard figure');
  assert.is(verdict!.textContent, 'It is.');
  assert.match(picture!.textContent, '1 user, 1 seed; 12.0 % before learning');
});

test('text is text, whatever it holds', () => {
  assert.is(page.querySelector('#digits-hard h2')!.textContent, 'Digits & <shifts>');
});

test('what was not measured says why', () => {
  assert.match(page.querySelector('#absent')!.textContent, 'Not measured: its data is not here');
  assert.match(
    page.querySelector('#growth .missing')!.textContent,
    '32 channels: onward is left out from 16 layers on: no room',
  );
  assert.match(page.querySelector('#peers')!.textContent, 'torch is not installed');
});

test('a claim that does not hold stands out', () => {
  assert.is(page.querySelector('#claims tbody td:last-child')!.textContent, 'NO');
  const part = [...page.querySelectorAll('#parts tbody td')].map((cell) => cell.textContent);
  assert.equal(part, ['size', '2026-01-02', 'abc', 'a CPU', '7']);
  assert.match(page.querySelector('.machine')!.textContent, 'a CPU, 2 cores, 16 GiB, linux x64');
});

test('it holds pictures but no script and no link out', () => {
  assert.is(page.querySelectorAll('#digits-hard svg').length, 2);
  assert.is(page.querySelectorAll('#growth svg').length, 2);
  assert.is(page.querySelectorAll('script, link, img, iframe').length, 0);
  const out = [...page.querySelectorAll('a')].filter(
    (a) => !a.getAttribute('href')!.startsWith('#'),
  );
  assert.is(out.length, 0);
});

test('an arm with more memory stands to the right, one with more accuracy above', () => {
  const svg = parseHTML(standaloneSvg(paretoChart(task))).document;
  const title = [...svg.querySelectorAll('text')][0]!.textContent;
  assert.is(title, 'Digits & <shifts>: accuracy against memory');
  const places = [...svg.querySelectorAll('[aria-label="dot"] circle')].map((circle) => ({
    size: Number(circle.getAttribute('r')),
    x: Number(circle.getAttribute('cx')),
    y: Number(circle.getAttribute('cy')),
  }));
  const [backprop, onward] = places.toSorted((a, b) => a.size - b.size); // onward's dot is larger
  assert.ok(backprop!.x > onward!.x);
  assert.ok(backprop!.y < onward!.y);
});

test.run();
