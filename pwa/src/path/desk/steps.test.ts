import { expect, it } from 'vitest';
import { addCourse, dropCourse, dropStep, raise, setNeed } from './steps.ts';

const steps = [{ courses: ['a'] }, { courses: ['b', 'c', 'd'], need: 2 }];

it('adds and drops courses, and keeps what is needed within what there is', () => {
  expect(addCourse(steps, 0, 'e')).toEqual([{ courses: ['a', 'e'] }, steps[1]]);
  expect(dropCourse(steps, 1, 'b')).toEqual([steps[0], { courses: ['c', 'd'] }]);
  expect(addCourse(steps, 1, 'e')[1]).toEqual({ courses: ['b', 'c', 'd', 'e'], need: 2 });
});
it('says all in one way', () => {
  expect(setNeed(steps, 1, 3)[1]).toEqual({ courses: ['b', 'c', 'd'] });
  expect(setNeed(steps, 1, 1)[1]).toEqual({ courses: ['b', 'c', 'd'], need: 1 });
});
it('moves and drops steps', () => {
  expect(raise(steps, 1)).toEqual([steps[1], steps[0]]);
  expect(raise(steps, 0)).toEqual(steps);
  expect(dropStep(steps, 0)).toEqual([steps[1]]);
  expect(steps).toHaveLength(2); // nothing was written into it
});
