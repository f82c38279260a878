import { expect, test, vi } from 'vitest';
import { show } from './click.ts';
import { read } from './push.ts';
import { snooze } from './snooze.ts';

const data = (value: unknown) => ({ json: () => value });

test('a declarative message is read, and anything else still shows something', () => {
  const notification = { title: 'Học Số', body: '3 việc', navigate: 'https://hocso.example/' };
  expect(read(data({ web_push: 8030, notification }))).toEqual(notification);
  for (const odd of [
    null,
    data({}),
    data({ web_push: 1, notification }),
    data({ web_push: 8030, notification: {} }),
    { json: () => JSON.parse('{') },
  ]) {
    expect(read(odd).title).toBe('Học Số');
  }
});

test('a click tells an open window, or opens one, and never leaves the app', async () => {
  const window = { focus: vi.fn(async () => undefined), postMessage: vi.fn() };
  const clients = { matchAll: vi.fn(async () => [window]), openWindow: vi.fn() };
  await show(clients as unknown as Clients, new URL('/courses/c', location.origin));
  expect(window.postMessage).toHaveBeenCalledWith({ type: 'navigate', url: location.origin + '/courses/c' });
  expect(clients.openWindow).not.toHaveBeenCalled();

  clients.matchAll.mockResolvedValue([]);
  await show(clients as unknown as Clients, new URL('https://elsewhere.example/'));
  expect(clients.openWindow).toHaveBeenCalledWith(location.origin + '/');
});

test('a reminder is put off by the cookie alone; what cannot be done leads to the page', async () => {
  const ask = vi.fn(async () => new Response('{}'));
  vi.stubGlobal('fetch', ask);
  const url = new URL('/courses/c?delivery=abc-1', location.origin);
  expect(await snooze('tomorrow', url)).toBe(true);
  expect(ask).toHaveBeenCalledWith(
    '/api/v1/me/reminders/abc-1/snooze',
    expect.objectContaining({ method: 'POST', body: '{"when":"tomorrow"}' }),
  );
  expect(await snooze('', url)).toBe(false); // the notification itself was touched
  expect(await snooze('tomorrow', new URL('/', location.origin))).toBe(false);
  expect(ask).toHaveBeenCalledTimes(1);
  ask.mockResolvedValue(new Response('', { status: 401 }));
  expect(await snooze('afternoon', url)).toBe(false);
  ask.mockRejectedValue(new TypeError('offline'));
  expect(await snooze('afternoon', url)).toBe(false);
  vi.unstubAllGlobals();
});
