import { beforeEach, expect, test } from 'vitest';
import type { Item } from '../api/types.ts';
import { enrolment, summary, version } from '../test/course.ts';
import { phone } from '../test/phone.ts';
import { answers } from '../test/server.ts';
import { db } from './db.ts';
import { store } from './state.svelte.ts';
import { sync } from './sync.ts';

const course = (key: string, id: string): Item => ({ key, kind: 'course', course: { ...summary, id } });
const answer = (changed: Item[], deleted: string[], cursor: string) => ({ changed, deleted, cursor, more: false, now: '' });

beforeEach(phone);

test('the first answer replaces what was here, the next ones change it', async () => {
  answers({ 'GET /sync': () => answer([course('1', 'a'), course('2', 'b')], [], 'x') });
  await sync();
  expect(store.courses.map((c) => c.id)).toEqual(['a', 'b']);
  expect(store.enrolments).toEqual([]);

  answers({ 'GET /sync': () => answer([course('3', 'c')], ['1'], 'y') });
  await sync();
  expect(store.courses.map((c) => c.id)).toEqual(['b', 'c']);
  expect(await db().get('meta', 'cursor')).toBe('y');
});

test('nothing new is asked for with the cursor and changes nothing', async () => {
  answers({ 'GET /sync': () => answer([course('1', 'a')], [], 'x') });
  await sync();
  let condition: string | null = '';
  answers({
    'GET /sync': (_, headers) => {
      condition = headers.get('if-none-match');
      return new Response(null, { status: 304 });
    },
  });
  await sync();
  expect(condition).toBe('"x"');
  expect(store.courses.map((c) => c.id)).toEqual(['a']);
});

test('an old cursor starts again without one', async () => {
  await db().put('meta', 'old', 'cursor');
  const conditions: (string | null)[] = [];
  answers({
    'GET /sync': (_, headers) => {
      conditions.push(headers.get('if-none-match'));
      return conditions.length === 1 ? Response.json({ code: 'cursor_expired' }, { status: 410 }) : answer([course('9', 'z')], [], 'new');
    },
  });
  await sync();
  expect(conditions).toEqual(['"old"', null]);
  expect(store.courses.map((c) => c.id)).toEqual(['z']);
});

test('an assigned course is downloaded by itself, once, and goes when nothing needs it', async () => {
  const given: Item = { key: 'e', kind: 'enrolment', enrolment: { ...enrolment, course: 'fresh', n: 2 } };
  const asked = answers({
    'GET /sync': () => answer([given], [], 'x'),
    'GET /courses/fresh/versions/2': () => ({ ...version, course: 'fresh', n: 2 }),
  });
  await sync();
  expect([...store.outlines.keys()]).toEqual(['fresh@2']);
  expect((await db().get('versions', 'fresh@2'))?.lessons).toHaveLength(2);
  await sync();
  expect(asked.filter((name) => name.includes('/versions/'))).toHaveLength(1);

  answers({ 'GET /sync': () => answer([], ['e'], 'y') });
  await sync();
  expect(await db().getAllKeys('versions')).toEqual([]);
});

test('without a network sync says so and keeps everything', async () => {
  answers({});
  await expect(sync()).rejects.toMatchObject({ code: 'offline' });
  expect(store.syncFailed).toBe(true);
  expect(store.enrolments).toHaveLength(1);
});
