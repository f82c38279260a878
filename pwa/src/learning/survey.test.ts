import { expect, test } from 'vitest';
import type { MySurvey } from '../api/types.ts';
import { text } from '../test/course.ts';
import { answerOf, missing, secret } from './survey.ts';

const questions: MySurvey['questions'] = (['satisfaction', 'choice', 'several', 'text'] as const).map((kind, i) => ({
  id: `q${i + 1}`,
  kind,
  prompt: text(kind),
  options: [],
}));
const survey: MySurvey = { id: 's', title: text('T'), intro: text('I'), questions, untilOn: '2026-03-06', minutes: 2, least: 5 };

test('ratings and one choice must be given; several and words may be left out', () => {
  expect(missing(survey, {})).toEqual(['q1', 'q2']);
  expect(missing(survey, { q1: ['4'], q2: ['o1'] })).toEqual([]);
});

test('each kind is sent with its own field', () => {
  expect(answerOf(questions[0]!, ['4'], '')).toEqual({ question: 'q1', rating: 4 });
  expect(answerOf(questions[1]!, ['o1'], '')).toEqual({ question: 'q2', chosen: ['o1'] });
  expect(answerOf(questions[2]!, [], '')).toEqual({ question: 'q3', chosen: [] });
  expect(answerOf(questions[3]!, [], '  ')).toBeUndefined();
  expect(answerOf(questions[3]!, [], ' Hay ')).toEqual({ question: 'q4', text: 'Hay' });
});

test('a secret is 256 random bits', () => {
  expect(secret()).toMatch(/^[0-9a-f]{64}$/);
  expect(secret()).not.toBe(secret());
});
