import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeAll, expect, test } from 'vitest';
import { ApiError } from '../api/problem.ts';
import { speak } from '../i18n/locale.svelte.ts';
import { status } from '../ui/status.svelte.ts';
import Chosen from './Chosen.svelte';
import { ready } from './texts.ts';
import { type Choice, Wizard } from './wizard.svelte.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});

const choice = (kind: Choice['kind'], id: string): Choice => ({
  kind,
  id,
  title: { vi: 'Mục ' + id, en: 'Item ' + id },
  summary: { vi: '', en: '' },
  minutes: 5,
  required: true,
});

test('an item is moved by a button, which keeps the focus and says the new place', async () => {
  const wizard = new Wizard();
  for (const id of ['a', 'b', 'c']) wizard.toggle(choice('course', id));
  render(Chosen, { wizard });
  const up = screen.getByRole('button', { name: 'Đưa Mục c lên' });
  up.focus();
  await fireEvent.click(up);
  expect(wizard.chosen.map(({ id }) => id)).toEqual(['a', 'c', 'b']);
  expect(status.text).toBe('Mục c: thứ 2 trong 3');
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Đưa Mục c lên' }));
});

test('a course can wait only for a course that comes before it', () => {
  const wizard = new Wizard();
  for (const one of [choice('drill', 'd'), choice('course', 'a'), choice('survey', 's'), choice('course', 'b')]) wizard.toggle(one);
  render(Chosen, { wizard });
  const lists = screen.getAllByRole<HTMLSelectElement>('combobox').map((list) => [...list.options].map((one) => one.text));
  expect(lists).toEqual([
    ['Ngay khi bắt đầu', 'Sau một số ngày'],
    ['Ngay khi bắt đầu', 'Sau một số ngày'],
    ['Ngay khi bắt đầu', 'Sau một số ngày'],
    ['Ngay khi bắt đầu', 'Sau một số ngày', 'Khi xong mục 2: Mục a'],
  ]);
});

test('what the server refused is said at its item', () => {
  const wizard = new Wizard();
  for (const id of ['a', 'b']) wizard.toggle(choice('course', id));
  const error = new ApiError(422, 'invalid_fields', { errors: [{ field: 'items[1].opensAfter.days', code: 'out_of_range' }] });
  render(Chosen, { wizard, error });
  expect(screen.getByRole('alert').closest('li')?.textContent).toContain('2. Mục b');
  expect(screen.getByRole('alert').textContent).toBe('Mở sau từ 1 đến 365 ngày');
});
