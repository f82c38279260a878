import { expect, test } from 'vitest';
import type { Exercise } from '../../api/exercise.ts';
import { day, empty, filled } from './plan.ts';

const text = (name: string) => ({ vi: name + ' vi', en: name + ' en' });
const make = (id: string, ...seats: string[]) =>
  ({
    id,
    goal: text(id + ' goal'),
    scope: text('scope'),
    tools: text('tools'),
    limits: text('limits'),
    seats: seats.map((seat) => ({ id: seat })),
  }) as unknown as Exercise;

test('a plan begins with the texts and the seats of its exercise', () => {
  const plan = filled(empty('2026-03-02'), make('a', 'head', 'it'), undefined, 'vi');
  expect(plan).toMatchObject({ exercise: 'a', goal: 'a goal vi', limits: 'limits vi', on: '2026-03-02', minutes: 90 });
  expect(plan.participants).toEqual([
    { person: '', seat: 'head' },
    { person: '', seat: 'it' },
  ]);
});

test('another exercise brings its own texts, and leaves what was written', () => {
  const a = make('a', 'head', 'it');
  const plan = { ...filled(empty('2026-03-02'), a, undefined, 'en'), scope: 'Ours' };
  plan.participants = [
    { person: 'p', seat: 'head' },
    { person: 'q', seat: 'it' },
  ];
  const next = filled(plan, make('b', 'head', 'legal'), a, 'en');
  expect(next).toMatchObject({ exercise: 'b', goal: 'b goal en', scope: 'Ours' });
  expect(next.participants).toEqual([
    { person: 'p', seat: 'head' },
    { person: 'q', seat: '' },
  ]);
});

test('days', () => expect(day(new Date(2026, 2, 5))).toBe('2026-03-05'));
