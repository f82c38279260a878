import { expect, test } from 'vitest';
import { match } from './router.svelte.ts';

test.each<[string, string, Record<string, string> | undefined]>([
  ['/', '/', {}],
  ['/courses', '/courses/', {}],
  ['/courses/:course', '/courses/phishing-basics', { course: 'phishing-basics' }],
  ['/enrolments/:enrolment/lessons/:lesson', '/enrolments/c%3Ap%3A1/lessons/l1', { enrolment: 'c:p:1', lesson: 'l1' }],
  ['/courses/:course', '/courses', undefined],
  ['/courses', '/drills', undefined],
  ['/courses/:course', '/courses/%', undefined],
])('%s and %s', (pattern, path, want) => {
  expect(match(pattern, path)).toEqual(want);
});
