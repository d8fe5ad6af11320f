import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { labelPlaces } from './label-places.ts';
import type { Box, Labelled } from './label-places.ts';

const test = suite('bench/report/html/label-places');

const within: Box = { left: 0, right: 800, top: 0, bottom: 400 };
const at = (x: number, y: number, label = 'an arm'): Labelled => ({
  x,
  y,
  label,
  prefers: 'beside',
});

test('a point with room around it has its label where it prefers it', () => {
  const [right] = labelPlaces([at(400, 200)], within);
  assert.ok(right!.x > 400);
  assert.is(right!.y, 200);
  const [above] = labelPlaces([{ ...at(400, 200), prefers: 'above' }], within);
  assert.ok(above!.y < 200);
});

test('at the right edge the label is not cut off', () => {
  const [place] = labelPlaces([at(795, 200)], within);
  assert.ok(place!.x < 795);
});

test('labels of points that lie together cover neither each other nor a point', () => {
  const points = Array.from({ length: 8 }, (_, index) => at(400 + 4 * index, 200 + index));
  const places = labelPlaces(points, within);
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      assert.ok(Math.abs(a.y - b.y) >= 12 || Math.abs(a.x - b.x) >= 30, `label ${index}`);
    }
    for (const point of points) {
      if (point === points[index]) continue;
      assert.ok(Math.abs(a.y - point.y) > 6 || Math.abs(a.x - point.x) > 18, `label ${index}`);
    }
  }
});

test('without any room a label stands at its point all the same', () => {
  const [place] = labelPlaces([at(5, 5)], { left: 0, right: 10, top: 0, bottom: 10 });
  assert.ok(Number.isFinite(place!.x) && Number.isFinite(place!.y));
});

test.run();
