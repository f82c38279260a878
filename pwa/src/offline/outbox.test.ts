import { beforeEach, expect, test, vi } from 'vitest';
import { phone } from '../test/phone.ts';
import { answers, locks } from '../test/server.ts';
import { type AttemptFact, db, type Op } from './db.ts';
import { batch, discard, flush, record, sendAgain } from './outbox.ts';
import { store } from './state.svelte.ts';

const all =
  (status: string, code?: string) =>
  ({ ops }: { ops: Op[] }) => ({ results: ops.map(({ id }) => ({ id, status, code })), cursor: '' });
const problem = (status: number, code: string, headers?: HeadersInit) => () => Response.json({ code, status }, { status, headers });

beforeEach(async () => {
  vi.useRealTimers();
  answers({});
  await phone();
  await flush({ now: true });
});

async function one(): Promise<Op> {
  await record('lesson.done', { enrolment: 'e', lesson: 'l', seconds: 1 });
  await vi.waitFor(() => expect(store.waiting).toHaveLength(1));
  return store.waiting[0]!;
}

test('what was done waits, once, until it has its own verdict', async () => {
  const op = await one();
  answers({ 'POST /ops': problem(503, 'unavailable') });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(1);

  answers({ 'POST /ops': () => ({ results: [{ id: 'another', status: 'applied' }] }) });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(1);

  answers({ 'POST /ops': () => ({ results: [{ id: op.id, status: 'duplicate' }] }) });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(0);
  expect(store.parked).toHaveLength(0);
});

test('what the server refuses is kept and can be sent again under a new id', async () => {
  const op = await one();
  answers({ 'POST /ops': all('rejected', 'lesson_not_found') });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(0);
  expect(store.parked).toMatchObject([{ id: op.id, code: 'lesson_not_found', op: { lesson: 'l' } }]);

  let sent: Op[] = [];
  answers({
    'POST /ops': (body: { ops: Op[] }) => {
      sent = body.ops;
      return all('applied')(body);
    },
  });
  await sendAgain(store.parked[0]!);
  expect(sent).toMatchObject([{ kind: 'lesson.done', lesson: 'l' }]);
  expect(sent[0]!.id).not.toBe(op.id);
  expect(store.parked).toHaveLength(0);
});

test('a refused op leaves only when the person discards it', async () => {
  await one();
  answers({ 'POST /ops': all('rejected', 'malformed') });
  await flush({ now: true });
  await discard(store.parked[0]!);
  expect(store.parked).toHaveLength(0);
});

test('Retry-After is waited for', async () => {
  await one();
  const asked = answers({ 'POST /ops': problem(429, 'too_many', { 'retry-after': '60' }) });
  await flush();
  await flush();
  expect(asked.filter((name) => name === 'POST /ops')).toHaveLength(1);
  answers({ 'POST /ops': all('applied') });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(0);
});

test('a session that ended sends nothing and loses nothing', async () => {
  await one();
  answers({ 'POST /ops': problem(401, 'session_ended'), 'POST /auth/refresh': problem(401, 'session_ended') });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(1);
});

test('fifty are sent at a time, in order', async () => {
  const ids = Array.from({ length: 2 * batch + 1 }, (_, i) => `op-${String(i).padStart(3, '0')}`);
  for (const id of ids) await db().put('outbox', { id, kind: 'lesson.done', at: '' });
  const sizes: number[] = [];
  const seen: string[] = [];
  answers({
    'POST /ops': (body: { ops: Op[] }) => {
      sizes.push(body.ops.length);
      seen.push(...body.ops.map((op) => op.id));
      return all('applied')(body);
    },
  });
  await flush({ now: true });
  expect(sizes).toEqual([50, 50, 1]);
  expect(seen).toEqual(ids);
});

test('one op that spoils the whole request is found and parked, the others are sent', async () => {
  for (const id of ['op-1', 'op-2', 'op-3']) await db().put('outbox', { id, kind: 'lesson.done', at: '' });
  answers({
    'POST /ops': (body: { ops: Op[] }) => (body.ops.some((op) => op.id === 'op-2') ? problem(400, 'malformed')() : all('applied')(body)),
  });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(0);
  expect(store.parked).toMatchObject([{ id: 'op-2', code: 'malformed' }]);
});

test('two tabs never send the same op at the same time', async () => {
  locks();
  let inFlight = 0;
  let most = 0;
  const seen: string[] = [];
  answers({
    'POST /ops': async (body: { ops: Op[] }) => {
      most = Math.max(most, ++inFlight);
      seen.push(...body.ops.map((op) => op.id));
      await new Promise((resolve) => setTimeout(resolve));
      inFlight--;
      return all('applied')(body);
    },
  });
  await db().put('outbox', { id: 'op-1', kind: 'lesson.done', at: '' });
  const person = store.person!;
  vi.resetModules();
  const other = await import('./outbox.ts');
  await (await import('./db.ts')).openFor(person);
  await Promise.all([flush({ now: true }), other.flush({ now: true })]);
  expect(seen).toEqual(['op-1']);
  expect(most).toBe(1);
  vi.unstubAllGlobals();
});

test('the mark of a quiz comes with its verdict', async () => {
  const attempt = {
    attempt: 'a1',
    enrolment: 'e',
    quiz: 'check',
    n: 1,
    ticket: '',
    questions: [],
    answers: [],
    at: 0,
    startedAt: '',
    state: 'waiting',
  } satisfies AttemptFact;
  await record('attempt.submit', { attempt: 'a1' }, { attempt });
  expect(store.attempts).toMatchObject([{ state: 'waiting' }]);
  const result = {
    id: 'a1',
    quiz: 'check',
    n: 1,
    score: 1,
    passed: true,
    counted: true,
    flags: [],
    questions: [],
    enrolmentState: 'completed',
  };
  answers({ 'POST /ops': ({ ops }: { ops: Op[] }) => ({ results: [{ id: ops[0]!.id, status: 'applied', attempt: result }] }) });
  await flush({ now: true });
  expect(store.attempts).toMatchObject([{ state: 'marked', result: { score: 1 } }]);
});

test('an announcement that was read here stays read, before and after it was sent', async () => {
  const announcement = {
    ...{
      id: 'n',
      title: { vi: 'a', en: 'a' },
      html: { vi: '', en: '' },
      important: true,
      from: '2026-01-01',
      until: '2026-02-01',
      read: false,
    },
  };
  await db().put('items', { key: 'n', kind: 'announcement', announcement });
  await db().put('items', { key: 'm', kind: 'announcement', announcement: { ...announcement, id: 'm', from: '2026-01-02' } });
  await record('announcement.read', { announcement: 'n' }, { read: 'n' });
  const read = () => store.announcements.map(({ id, read }) => [id, read]);
  await vi.waitFor(() => expect(store.waiting).toMatchObject([{ kind: 'announcement.read', announcement: 'n' }]));
  expect(read()).toEqual([
    ['m', false],
    ['n', true],
  ]);
  answers({ 'POST /ops': all('applied') });
  await flush({ now: true });
  expect(store.waiting).toHaveLength(0);
  expect(read()).toEqual([
    ['m', false],
    ['n', true],
  ]);
});
