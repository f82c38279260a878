import { expect, it } from 'vitest';
import type { Question } from '../api/types.ts';
import { only, stepsOf } from './preview.ts';

const question = (id: string, after?: number) => ({ id, after }) as Question;

it('puts questions behind their cards and those without one at the end', () => {
  const steps = stepsOf(2, [question('late', 9), question('first', 1), question('none'), question('second', 2)]);
  expect(steps.map((step) => step.question?.id ?? step.card)).toEqual([0, 'first', 1, 'second', 'late', 'none']);
});

it('shows a text in the language of the preview', () => {
  expect(only({ vi: 'chào', en: 'hello' }, 'en')).toEqual({ vi: 'hello', en: 'hello' });
});
