import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { speak } from '../i18n/locale.svelte.ts';
import { answers } from '../test/server.ts';
import PeopleList from './PeopleList.svelte';
import { ready } from './texts.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const lists = { 'GET /people': () => ({ items: [] }), 'GET /units': () => ({ items: [] }) };

it('brings the list as a workbook under the name that the server gives it', async () => {
  const names: string[] = [];
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => {};
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  answers({
    ...lists,
    'GET /people/export.xlsx': () =>
      new Response('PK', { headers: { 'content-disposition': 'attachment; filename="hocso-people-2026-03-02.xlsx"' } }),
  });
  render(PeopleList);
  await fireEvent.click(await screen.findByRole('button', { name: 'Xuất Excel' }));
  await vi.waitFor(() => expect(names).toEqual(['hocso-people-2026-03-02.xlsx']));
});

it('says so when there is no file', async () => {
  answers({ ...lists, 'GET /people/export.xlsx': () => new Response('{"code":"internal","status":500}', { status: 500 }) });
  render(PeopleList);
  await fireEvent.click(await screen.findByRole('button', { name: 'Xuất Excel' }));
  expect(await screen.findByRole('heading', { name: 'Chưa tải được tệp' })).toBeTruthy();
});
