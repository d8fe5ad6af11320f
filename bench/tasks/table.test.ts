import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { skipBecause } from '#test-support';

import { newClasses } from './new-classes.ts';
import { taskNamed, tasks } from './table.ts';
import type { LabelledSamples } from './task.ts';

const test = suite('bench/tasks/table');

function samplesAsText({ x, y }: LabelledSamples): string[] {
  const size = x.length / y.length;
  return Array.from(y, (_, n) =>
    Buffer.from(x.slice(n * size, (n + 1) * size).buffer).toString('base64'),
  );
}

for (const task of tasks) {
  const missing = task.missing();
  const onData = missing === null ? test : skipBecause(test, missing);

  onData(
    `${task.name}: what is tested on was not learned from, nor is it among the original`,
    () => {
      const { train, test: held, original } = task.data({ user: task.tuningUsers[0]!, seed: 1 });
      const learned = new Set(samplesAsText(train));
      assert.ok(train.y.length > 0 && held.y.length > 0);
      assert.is(train.x.length / train.y.length, held.x.length / held.y.length);
      for (const other of original === null ? [held] : [held, original]) {
        assert.is(samplesAsText(other).filter((sample) => learned.has(sample)).length, 0);
      }
    },
  );

  onData(
    `${task.name}: an owner is the same each time, and another seed or user is another`,
    () => {
      const [first, second] = [task.tuningUsers[0]!, task.tuningUsers[1]!];
      const data = task.data({ user: first, seed: 1 });
      assert.ok(same(data.train, task.data({ user: first, seed: 1 }).train));
      assert.not.ok(same(data.train, task.data({ user: second, seed: 1 }).train));
    },
  );
}

function same(a: LabelledSamples, b: LabelledSamples): boolean {
  return samplesAsText(a).join() === samplesAsText(b).join() && a.y.join() === b.y.join();
}

test('a task that is not there is named, with those that are', () => {
  assert.throws(() => taskNamed('chess'), /expected one of digits-hard, .*, got chess/);
});

const onOmniglot = newClasses.missing() === null ? test : skipBecause(test, newClasses.missing()!);

onOmniglot(
  'new classes: so many examples of every class, and five new ones that nobody else drew',
  () => {
    const { train, test: held } = newClasses.data({ user: 'Latin 3', seed: 2 });
    for (let label = 0; label < 15; label++) {
      assert.is(train.y.filter((own) => own === label).length, 3);
      assert.is(held.y.filter((own) => own === label).length, 17);
    }
  },
);

onOmniglot(
  'new classes: the head has a row for each, and answers them for what it was made of',
  () => {
    const { graph, parameters } = newClasses.baseModel({ user: 'Latin 3', seed: 2 }).imported;
    const head = graph.nodes.length - 1;
    assert.is(parameters.get(head)!.bias.length, 15);
    assert.is(parameters.get(head)!.weights.length, 15 * 40);
  },
);

test.run();
