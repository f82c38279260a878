import { expect, it } from 'vitest';
import type { StepOnPath } from '../offline/path.ts';
import { rule } from './rule.ts';

it('says what a step asks for', () => {
  const step = (n: number, need: number, complete = false) =>
    ({ courses: Array(n).fill({}), need, any: need < n, complete }) as unknown as StepOnPath;
  expect(rule(step(1, 1))).toEqual({ key: 'path.one', values: { n: 1, of: 1 } });
  expect(rule(step(3, 3))).toEqual({ key: 'path.all', values: { n: 3, of: 3 } });
  expect(rule(step(3, 2))).toEqual({ key: 'path.any', values: { n: 2, of: 3 } });
  expect(rule(step(3, 2, true))).toEqual({ key: 'path.anyDone', values: { n: 2, of: 3 } });
});
