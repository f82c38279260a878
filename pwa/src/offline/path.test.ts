import { describe, expect, it } from 'vitest';
import type { CourseSummary, Enrolment, PathView } from '../api/types.ts';
import { alongPath } from './path.ts';

const text = (s: string) => ({ vi: s, en: s });
const course = (id: string, minutes: number) =>
  ({
    id,
    n: 1,
    title: text(id),
    summary: text(id),
    cover: 'key',
    minutes,
    lessons: [{ id: 'l', title: text('l'), minutes }],
    quizzes: [],
  }) as CourseSummary;
const enrolled = (id: string, state: Enrolment['state'], cycle = 1) =>
  ({ id: `${id}:p:${cycle}`, course: id, cycle, n: 1, state, lessons: {}, quizzes: {}, minutes: 9 }) as unknown as Enrolment;
const path: PathView = {
  id: 'p',
  n: 1,
  title: text('p'),
  summary: text('p'),
  minutes: 60,
  steps: [{ courses: ['a', 'b'] }, { courses: ['c', 'd', 'e'], need: 1 }, { courses: ['f'] }],
};
const known = (enrolments: Enrolment[], lessons = new Map()) => ({
  courses: [course('a', 10), course('b', 20), course('c', 5), course('d', 15), course('e', 7), course('f', 8)],
  outlines: new Map(),
  lessons,
  attempts: [],
  tickets: [],
  enrolments,
});

describe('alongPath', () => {
  it('begins with the first course of the first step', () => {
    const way = alongPath(path, known([]));
    expect(way).toMatchObject({
      done: 0,
      completed: false,
      begun: false,
      minutesLeft: 53,
      next: { step: 1, course: { id: 'a', state: 'open' } },
    });
    expect(way.steps.map((step) => step.after)).toEqual([0, 1, 1]);
    expect(way.steps.map((step) => step.any)).toEqual([false, true, false]);
  });
  it('goes on with what is under way', () => {
    const way = alongPath(path, known([enrolled('b', 'started')]));
    expect(way).toMatchObject({ begun: true, next: { step: 1, course: { id: 'b', state: 'started' } } });
  });
  it('counts what was completed before, in any cycle', () => {
    const way = alongPath(path, known([enrolled('a', 'completed'), enrolled('b', 'completed'), enrolled('b', 'assigned', 2)]));
    expect(way).toMatchObject({ done: 1, minutesLeft: 23, next: { step: 2 } });
    expect(way.next?.course).toBeUndefined(); // to be chosen
    expect(way.steps.map((step) => step.after)).toEqual([0, 0, 2]);
  });
  it('takes what was chosen', () => {
    const way = alongPath(
      path,
      known([enrolled('a', 'completed'), enrolled('b', 'completed'), enrolled('e', 'assigned'), enrolled('c', 'closed')]),
    );
    expect(way.next).toMatchObject({ step: 2, course: { id: 'e', state: 'enrolled' } });
    expect(way.steps[1]?.courses[0]?.state).toBe('open'); // closed is as if it had not been
  });
  it('is completed by as many as are needed', () => {
    const done = ['a', 'b', 'd', 'f'].map((id) => enrolled(id, 'completed'));
    expect(alongPath(path, known(done))).toMatchObject({ done: 3, completed: true, minutesLeft: 0, next: undefined });
    expect(alongPath(path, known(done.slice(1)))).toMatchObject({ completed: false, next: { step: 1, course: { id: 'a' } } });
  });
  it('counts what only this phone knows', () => {
    const facts = new Map([['a:p:1/l', { key: 'a:p:1/l', doneAt: '2026-03-04T00:00:00Z' }]]);
    const way = alongPath(path, known([enrolled('a', 'started')], facts));
    expect(way.steps[0]).toMatchObject({ done: 1, complete: false });
    expect(way.next).toMatchObject({ course: { id: 'b', state: 'open' } });
  });
});
