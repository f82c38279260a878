import { expect, test } from 'vitest';
import { enrolment, summary, ticket } from '../test/course.ts';
import type { AttemptFact, LessonFact } from './db.ts';
import { byDue, type Known, wayOf } from './mine.ts';

const known: Known = { courses: [], outlines: new Map([['c@1', summary]]), lessons: new Map(), attempts: [], tickets: [ticket] };
const fact = (lesson: string, doneAt?: string): [string, LessonFact] => [
  `${enrolment.id}/${lesson}`,
  { key: '', enrolment: enrolment.id, lesson, step: 1, card: 1, seconds: 0, doneAt, practice: {}, toldCard: 0, toldSeconds: 0 },
];
const attempt = (state: AttemptFact['state'], passed?: boolean): AttemptFact => ({
  ...{ attempt: 'a', enrolment: enrolment.id, quiz: 'check', n: 1, ticket: '', questions: [], answers: [], at: 0, startedAt: '', state },
  result:
    passed === undefined
      ? undefined
      : {
          id: 'a',
          quiz: 'check',
          n: 1,
          score: passed ? 1 : 0.5,
          passed,
          counted: true,
          flags: [],
          questions: [],
          enrolmentState: 'started',
        },
});

test('a new course begins with its first lesson', () => {
  const way = wayOf(enrolment, known);
  expect(way).toMatchObject({ state: 'new', share: 0, next: { kind: 'lesson', number: 1, lesson: { id: 'l1' } }, minutesLeft: 6 });
});

test('what the phone knows and what the server knows are joined, and nothing goes back', () => {
  const way = wayOf(
    { ...enrolment, lessons: { l2: { card: 3, seconds: 9, doneAt: 'x' } } },
    { ...known, lessons: new Map([fact('l1', 'y')]) },
  );
  expect(way.lessons.map((lesson) => lesson.done)).toEqual([true, true]);
  expect(way.next).toMatchObject({ kind: 'quiz' });
  expect(way.share).toBeCloseTo(2 / 3);
});

test('a quiz that was handed in without a network waits, and its ticket is used', () => {
  const lessons = new Map([fact('l1', 'x'), fact('l2', 'x')]);
  const way = wayOf(enrolment, { ...known, lessons, attempts: [attempt('waiting')] });
  expect(way.state).toBe('waiting');
  expect(way.quizzes[0]).toMatchObject({ passed: false, ticket: undefined, waiting: { state: 'waiting' } });
});

test('a failed try leaves the quiz open, a passed one completes the course before the server says so', () => {
  const lessons = new Map([fact('l1', 'x'), fact('l2', 'x')]);
  const failed = wayOf(enrolment, { ...known, lessons, attempts: [attempt('marked', false)] });
  expect(failed.next).toMatchObject({ kind: 'quiz', quiz: { tries: 1, best: 0.5 } });
  const passed = wayOf(enrolment, { ...known, lessons, attempts: [attempt('marked', true)] });
  expect(passed).toMatchObject({ state: 'completed', share: 1 });
});

test('a limit of tries counts those the server has not told of yet', () => {
  const course = { ...summary, quizzes: [{ ...summary.quizzes[0]!, attempts: 2 }] };
  const way = wayOf(
    { ...enrolment, quizzes: { check: { tries: [{ attempt: 'z', n: 1, score: 0.1, passed: false, at: '' }], best: 0.1, passed: false } } },
    { ...known, outlines: new Map([['c@1', course]]), attempts: [attempt('waiting')] },
  );
  expect(way.quizzes[0]).toMatchObject({ tries: 1, left: 0 });
});

test('what is due first comes first, what has no date last', () => {
  const list = [{ dueAt: undefined }, { dueAt: '2026-12-01' }, { dueAt: '2026-11-01' }].sort(byDue);
  expect(list.map((item) => item.dueAt)).toEqual(['2026-11-01', '2026-12-01', undefined]);
});
