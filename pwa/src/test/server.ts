import { vi } from 'vitest';
import type { Me } from '../api/types.ts';

export const me: Me = {
  id: 'p1',
  name: 'Đỗ Đức Trung',
  email: 'trung@hocso.example',
  unit: { id: 'u1', name: { vi: 'Phòng Một', en: 'Division One' } },
  roles: ['learner'],
  headOf: [],
  everywhere: ['learner'],
  settings: { locale: 'vi', timeZone: '' },
  secondFactor: { needed: false, set: false },
};

type Answer = Response | object | undefined;
// biome-ignore lint/suspicious/noExplicitAny: each handler knows what it is sent
type Handler = (body: any, headers: Headers) => Answer | Promise<Answer>;

// answers makes fetch answer as a server would: a handler for "POST /ops" gives an object, a Response, or nothing, which
// is a network that gave no answer. What was asked is in the list it returns.
export function answers(handlers: Record<string, Handler>): string[] {
  const asked: string[] = [];
  const all: Record<string, Handler> = { 'POST /auth/refresh': () => ({ accessToken: 't', expiresAt: '', person: me }), ...handlers };
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    const [path] = input.replace('/api/v1', '').split('?');
    const name = `${init.method} ${path}`;
    asked.push(name);
    const answer = (await all[name]?.(init.body ? JSON.parse(String(init.body)) : undefined, new Headers(init.headers))) as Answer;
    if (answer === undefined) throw new TypeError('Failed to fetch');
    return answer instanceof Response ? answer : Response.json(answer);
  });
  return asked;
}

// locks makes navigator.locks of one queue for each name, as all tabs of a browser share them.
export function locks(): void {
  const tails = new Map<string, Promise<unknown>>();
  vi.stubGlobal('navigator', {
    ...{ onLine: true, language: 'vi', userAgent: 'test' },
    locks: {
      request: (name: string, work: () => Promise<unknown>) => {
        const run = (tails.get(name) ?? Promise.resolve()).then(work);
        tails.set(
          name,
          run.catch(() => undefined),
        );
        return run;
      },
    },
  });
}
