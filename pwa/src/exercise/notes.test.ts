import { expect, test } from 'vitest';
import type { Inject, Turn } from '../api/exercise.ts';
import { begin, clock, complete, decide, go, join, oneLine, sent, unsent, write } from './notes.ts';

const injects = ['a', 'b', 'c'].map((id) => ({ id }) as Inject);
const turn = (inject: string): Turn => ({ inject, decision: 'Rút mạng', met: ['x'], seconds: 60 });

test('a new sitting begins with its situation, one taken over with the next inject', () => {
  expect(begin('d', injects, [], [], 0)).toMatchObject({ step: 0, ended: false });
  const over = begin('d', injects, [turn('a'), turn('b')], ['p'], 5);
  expect(over).toMatchObject({ step: 3, openedAt: 5, absent: ['p'] });
  expect(over.turns.map((note) => note.sent)).toEqual([true, true, false]);
  expect(unsent(over)).toEqual([]);
  expect(
    begin(
      'd',
      injects,
      injects.map(({ id }) => turn(id)),
      [],
      0,
    ).step,
  ).toBe(4);
});

test('a decision is one line, has its time, and waits to be sent', () => {
  let notes = go(begin('d', injects, [], [], 0), 1, 1000);
  notes = write(notes, { decision: ' Rút dây\n mạng ', met: ['x'] });
  expect(unsent(notes)).toEqual([]); // nobody has decided yet
  notes = decide(notes, 91_400);
  expect(notes.turns[0]).toEqual({ decision: 'Rút dây mạng', met: ['x'], seconds: 90, decided: true, sent: false });
  expect([notes.step, notes.openedAt, unsent(notes)]).toEqual([2, 91_400, [1]]);
});

test('what was corrected is sent again and keeps its first time', () => {
  let notes = decide(write(go(begin('d', injects, [], [], 0), 1, 0), { decision: 'A' }), 10_000);
  notes = sent(notes, 1, notes.turns[0]!);
  expect(unsent(notes)).toEqual([]);
  notes = decide(write(go(notes, 1, 20_000), { decision: 'B' }), 99_000);
  expect(notes.turns[0]).toMatchObject({ decision: 'B', seconds: 10, sent: false });
  expect(unsent(notes)).toEqual([1]);
});

test('an answer to what was said before does not count for what is said now', () => {
  const before = decide(write(go(begin('d', injects, [], [], 0), 1, 0), { decision: 'A' }), 10_000);
  const after = decide(write(go(before, 1, 0), { decision: 'B', met: ['x'] }), 11_000);
  expect(sent(after, 1, before.turns[0]!).turns[0]!.sent).toBe(false);
  expect(sent(after, 1, after.turns[0]!).turns[0]!.sent).toBe(true);
});

test('a sitting that comes back to this phone has what both phones wrote', () => {
  const before = decide(write(go(begin('d', injects, [], [], 0), 1, 0), { decision: 'A' }), 10_000);
  const later = decide(write(go(before, 2, 0), { decision: 'B' }), 10_000);
  const back = join(begin('d', injects, [turn('a')], [], 0), later);
  expect(back.turns.map((note) => [note.decision, note.sent])).toEqual([
    ['Rút mạng', true],
    ['B', false],
    ['', false],
  ]);
  expect(unsent(back)).toEqual([2]);
});

test('steps stay within the sitting, and it is complete with its last decision', () => {
  let notes = begin('d', injects, [], [], 0);
  expect([go(notes, -1, 0).step, go(notes, 9, 0).step]).toEqual([0, 4]);
  for (let n = 1; n <= 3; n++) {
    expect(complete(notes)).toBe(false);
    notes = decide(write(go(notes, n, 0), { decision: 'x' }), 1000);
  }
  expect([complete(notes), notes.step, unsent(notes)]).toEqual([true, 4, [1, 2, 3]]);
});

test('times', () => {
  expect([clock(0), clock(65), clock(3600), clock(59.9)]).toEqual(['00:00', '01:05', '60:00', '00:59']);
  const day = decide(write(go(begin('d', injects, [], [], 0), 1, 0), { decision: 'x' }), 86_400_000);
  const back = decide(write(go(begin('d', injects, [], [], 0), 1, 5000), { decision: 'x' }), 0);
  expect([day.turns[0]!.seconds, back.turns[0]!.seconds]).toEqual([14_400, 1]); // a phone's clock may go anywhere
  expect(oneLine('a\u2028b\tc')).toBe('a b c');
});
