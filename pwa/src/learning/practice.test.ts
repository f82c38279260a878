import { expect, test } from 'vitest';
import type { Question } from '../api/types.ts';
import { choice, order, text } from '../test/course.ts';
import { complete, mark, viewOf } from './practice.ts';

const multi = (partial: boolean): Question => ({
  ...{ id: 'm', kind: 'multi', prompt: text('?'), partial },
  options: ['a', 'b', 'c', 'd'].map((id) => ({ id, text: text(id), right: id < 'c' })),
});
const trueFalse: Question = {
  ...{ id: 't', kind: 'true_false', prompt: text('?') },
  options: ['true', 'false'].map((id) => ({ id, text: text(id), right: id === 'false' })),
};
const match: Question = {
  id: 'x',
  kind: 'match',
  prompt: text('?'),
  pairs: ['1', '2', '3', '4'].map((id) => ({ id, left: text('l' + id), right: text('r' + id) })),
};

test.each<[string, Question, string[], number]>([
  ['the right choice', choice, ['b'], 1],
  ['a wrong choice', choice, ['a'], 0],
  ['true or false', trueFalse, ['false'], 1],
  ['all that are right', multi(false), ['a', 'b'], 1],
  ['one missing', multi(false), ['a'], 0],
  ['one missing, with partial credit', multi(true), ['a'], 0.5],
  ['one right and one wrong, with partial credit', multi(true), ['a', 'c'], 0],
  ['everything chosen, with partial credit', multi(true), ['a', 'b', 'c', 'd'], 0],
  ['the right order', order, ['1', '2', '3'], 1],
  ['one step in its place', order, ['1', '3', '2'], 1 / 3],
  ['all pairs', match, ['1:1', '2:2', '3:3', '4:4'], 1],
  ['half the pairs', match, ['1:1', '2:2', '3:4', '4:3'], 0.5],
])('%s', (_, question, chosen, score) => {
  expect(mark(question, chosen).score).toBeCloseTo(score);
});

test('every option brings its feedback', () => {
  expect(Object.keys(mark(choice, ['a']).feedback)).toEqual(['a', 'b']);
});

test('steps never stand in the right order from the start', () => {
  const last = (n: number) => n - 1; // a shuffle that changes nothing
  expect(viewOf(order, last).options.map((option) => option.id)).not.toEqual(['1', '2', '3']);
});

test('fixed options and true or false keep their order, a match shows its right sides apart', () => {
  const first = () => 0;
  expect(viewOf(choice, first).options.map((option) => option.id)).toEqual(['a', 'b']);
  expect(viewOf(trueFalse, first).options.map((option) => option.id)).toEqual(['true', 'false']);
  const view = viewOf(match, first);
  expect(view.options.map((option) => option.text.vi)).toEqual(['l1', 'l2', 'l3', 'l4']);
  expect(view.targets?.map((target) => target.text.vi).toSorted()).toEqual(['r1', 'r2', 'r3', 'r4']);
});

test('an answer is complete with one option, with every step, with every pair', () => {
  expect(complete(viewOf(choice), [])).toBe(false);
  expect(complete(viewOf(choice), ['a'])).toBe(true);
  expect(complete(viewOf(match), ['1:1'])).toBe(false);
  expect(complete(viewOf(match), ['1:1', '2:2', '3:3', '4:4'])).toBe(true);
});
