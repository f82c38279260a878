import { expect, test } from 'vitest';
import { newId } from './id.ts';

test('ids are version 7 and in the order in which they were made', () => {
  const ids = [1, 2, 1_800_000_000_000, 1_800_000_000_000, 5].map((now) => newId(now));
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(5);
  expect(ids[2]).toMatch(/^01a3185c-5000-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
