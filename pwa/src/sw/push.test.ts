import { expect, test, vi } from 'vitest';
import { show } from './click.ts';
import { read } from './push.ts';

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
