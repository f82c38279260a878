import { expect, it, vi } from 'vitest';
import { Paged } from './paged.svelte.ts';

const pages: Record<string, { items: string[]; next?: string }> = {
  '': { items: ['a'], next: '1' },
  '1': { items: ['b'], next: '2' },
  '2': { items: ['c'] },
};

it('adds pages and asks for all of them again', async () => {
  const asked: string[] = [];
  const list = new Paged(async (cursor = '') => {
    asked.push(cursor);
    return pages[cursor]!;
  });
  await vi.waitFor(() => expect(list.data?.items).toEqual(['a']));
  await list.more();
  await list.more();
  expect(list.data).toEqual({ items: ['a', 'b', 'c'], next: undefined });
  asked.length = 0;
  await list.reload();
  expect(asked).toEqual(['', '1', '2']);
  asked.length = 0;
  await list.restart();
  expect(asked).toEqual(['']);
  expect(list.data?.items).toEqual(['a']);
});

it('keeps what is there when asking again fails, and drops an answer that comes too late', async () => {
  const waiting: ((list: { items: string[] }) => void)[] = [];
  let fail = false;
  const list = new Paged(() => (fail ? Promise.reject(new Error('no')) : new Promise<{ items: string[] }>((done) => waiting.push(done))));
  const second = list.reload();
  waiting[1]!({ items: ['new'] });
  waiting[0]!({ items: ['old'] });
  await second;
  expect(list.data?.items).toEqual(['new']);
  fail = true;
  await list.reload();
  expect(list.data?.items).toEqual(['new']);
  expect(list.error).toBeInstanceOf(Error);
});
