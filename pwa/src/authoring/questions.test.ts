import { describe, expect, it } from 'vitest';
import type { Question } from '../api/types.ts';
import { convert, freeId, kinds, move, newQuestion, onlyRight } from './questions.ts';

const text = (s: string) => ({ vi: s, en: s });
const choice = (): Question => ({
  id: 'q',
  kind: 'choice',
  prompt: text('?'),
  fixed: true,
  options: [
    { id: 'a', text: text('A'), feedback: text('fa') },
    { id: 'b', text: text('B'), right: true, feedback: text('fb') },
  ],
});

describe('convert', () => {
  it('keeps texts and makes as many options as the kind needs', () => {
    const q = choice();
    convert(q, 'order');
    expect(q.options?.map((option) => [option.text.vi, option.right])).toEqual([
      ['A', undefined],
      ['B', undefined],
      ['', undefined],
    ]);
    expect(q.fixed).toBeUndefined();
  });

  it('turns options into pairs and back', () => {
    const q = choice();
    convert(q, 'match');
    expect(q.options).toBeUndefined();
    expect(q.pairs?.map((pair) => pair.left.vi)).toEqual(['A', 'B', '']);
    convert(q, 'choice');
    expect(q.pairs).toBeUndefined();
    expect(q.options?.filter((option) => option.right)).toHaveLength(1);
  });

  it('gives true or false its two options, one of them right', () => {
    const q = choice();
    convert(q, 'true_false');
    expect(q.options?.map((option) => [option.id, option.text.en, !!option.right])).toEqual([
      ['true', 'True', true],
      ['false', 'False', false],
    ]);
  });

  it('leaves exactly one right option when several were right', () => {
    const q = choice();
    convert(q, 'multi');
    q.partial = true;
    for (const option of q.options ?? []) option.right = true;
    convert(q, 'choice');
    expect(q.options?.map((option) => !!option.right)).toEqual([true, false]);
    expect(q.partial).toBeUndefined();
  });

  it('gives every option an id of its own whatever the way', () => {
    for (const from of kinds)
      for (const to of kinds) {
        const q = choice();
        convert(q, from);
        convert(q, to);
        const ids = [...(q.options ?? []), ...(q.pairs ?? [])].map((one) => one.id);
        expect(new Set(ids).size, `${from} to ${to}`).toBe(ids.length);
      }
  });
});

it('finds the first free id', () => {
  expect(freeId('signs', [])).toBe('signs-1');
  expect(freeId('signs', ['signs-1', 'signs-3'])).toBe('signs-2');
});

it('begins a question with one right of two options', () => {
  expect(newQuestion('x', 2)).toMatchObject({ id: 'x', after: 2, kind: 'choice', options: [{ id: 'a', right: true }, { id: 'b' }] });
});

it('moves only within the list', () => {
  const list = ['a', 'b', 'c'];
  move(list, 0, -1);
  move(list, 2, 3);
  expect(list).toEqual(['a', 'b', 'c']);
  move(list, 2, 0);
  expect(list).toEqual(['c', 'a', 'b']);
});

it('marks one option as right', () => {
  const q = choice();
  onlyRight(q, 0);
  expect(q.options?.map((option) => option.right)).toEqual([true, undefined]);
});
