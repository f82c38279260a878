import { beforeEach, expect, test, vi } from 'vitest';
import { answers, me } from '../test/server.ts';

const problem = (status: number, code: string, headers?: HeadersInit) =>
  Response.json({ code, status, errors: [{ field: 'email', code: 'required' }] }, { status, headers });
let client: typeof import('./client.ts');

beforeEach(async () => {
  vi.resetModules();
  client = await import('./client.ts');
});

test('many requests without a token share one renewal', async () => {
  const asked = answers({ 'GET /me': () => me });
  await Promise.all([client.call('GET', '/me'), client.call('GET', '/me'), client.call('GET', '/me')]);
  expect(asked.filter((name) => name === 'POST /auth/refresh')).toHaveLength(1);
});

test('a token that has run out is renewed once and the request is repeated', async () => {
  let tries = 0;
  const asked = answers({ 'GET /me': () => (++tries === 1 ? problem(401, 'token_expired') : me) });
  expect(await client.call('GET', '/me')).toEqual(me);
  expect(asked).toEqual(['POST /auth/refresh', 'GET /me', 'POST /auth/refresh', 'GET /me']);
});

test('the end of the session is told once, and is no reason to forget anything', async () => {
  const ended = vi.fn();
  client.watchSession(() => {}, ended);
  answers({ 'POST /auth/refresh': () => problem(401, 'session_ended') });
  await expect(client.call('GET', '/me')).rejects.toMatchObject({ status: 401, code: 'session_ended' });
  expect(ended).toHaveBeenCalledOnce();
});

test('a problem document becomes an error with its code, fields and waiting time', async () => {
  answers({ 'POST /people': () => problem(422, 'invalid_fields', { 'retry-after': '7' }) });
  const error = await client.call('POST', '/people', {}).catch((e) => e);
  expect(error).toMatchObject({ status: 422, code: 'invalid_fields', retryAfter: 7 });
  expect(error.of('email')).toBe('required');
});

test('no answer is told as offline', async () => {
  const reached: boolean[] = [];
  client.watchNetwork((now) => reached.push(now));
  answers({});
  await expect(client.call('GET', '/me')).rejects.toMatchObject({ code: 'offline', status: 0 });
  expect(reached).toEqual([true, false]);
});

test('what changes something says that it comes from the app', async () => {
  let header: string | null = null;
  answers({
    'POST /enrolments': (_, headers) => {
      header = headers.get('x-hocso');
      return {};
    },
  });
  await client.call('POST', '/enrolments', { courseId: 'c' });
  expect(header).toBe('1');
});
