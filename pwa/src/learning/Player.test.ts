import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import { loadLearn } from '../i18n/learn.ts';
import { loadTexts, speak } from '../i18n/t.svelte.ts';
import { db } from '../offline/db.ts';
import { read } from '../offline/read.ts';
import { store } from '../offline/state.svelte.ts';
import { enrolment } from '../test/course.ts';
import { phone } from '../test/phone.ts';
import { answers } from '../test/server.ts';
import Player from './Player.svelte';

beforeEach(async () => {
  await Promise.all([loadTexts('vi'), loadLearn('vi')]);
  await speak('vi');
  answers({});
  await phone();
});

const open = () => render(Player, { enrolment: enrolment.id, lesson: 'l1' });
const press = async (name: string) => (await screen.findByRole('button', { name })).click();
const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const fact = () => db().get('lessons', `${enrolment.id}/l1`);

test('a lesson is read card by card, an interaction is answered before going on', async () => {
  open();
  await heading('Thẻ một');
  await press('Tiếp tục');
  await heading('Chọn gì?');
  const check = await screen.findByRole<HTMLButtonElement>('button', { name: 'Kiểm tra' });
  expect(check.disabled).toBe(true);
  (await screen.findByRole('radio', { name: /^Sai/ })).click();
  await waitFor(() => expect(check.disabled).toBe(false));
  check.click();
  await screen.findByText('Chưa đúng, xem lại nhé');
  await screen.findByText('Vì sao sai');
  await waitFor(async () => expect(await fact()).toMatchObject({ practice: { 'q-choice': ['a'] } }));
  await press('Tiếp tục');
  await heading('Thẻ hai');
});

test('it goes on at the very card where it was left', async () => {
  open();
  await heading('Thẻ một');
  await press('Tiếp tục');
  await heading('Chọn gì?');
  (await screen.findByRole('radio', { name: /^Đúng/ })).click();
  await press('Kiểm tra');
  await press('Tiếp tục');
  await heading('Thẻ hai');
  await waitFor(async () => expect(await fact()).toMatchObject({ step: 2, card: 2 }));
  cleanup();
  await waitFor(() => expect(store.waiting).toMatchObject([{ kind: 'lesson.progress', card: 2, lesson: 'l1' }]));
  open();
  await heading('Thẻ hai');
  await press('Thẻ trước');
  await screen.findByText('Đúng rồi');
});

test('keys lead on and back', async () => {
  open();
  await heading('Thẻ một');
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
  await heading('Chọn gì?');
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));
  await heading('Thẻ một');
});

test('the end is on the disk before the screen says so, and is told once', async () => {
  await db().put('lessons', {
    key: `${enrolment.id}/l1`,
    enrolment: enrolment.id,
    lesson: 'l1',
    step: 3,
    card: 3,
    seconds: 50,
    practice: { 'q-choice': ['b'] },
    toldCard: 3,
    toldSeconds: 50,
  });
  await read();
  open();
  await heading('Thẻ ba');
  await press('Xong bài');
  await heading('Xong bài 1');
  expect((await fact())?.doneAt).toBeTruthy();
  expect(store.waiting).toMatchObject([{ kind: 'lesson.done', lesson: 'l1', seconds: 50 }]);
  expect(screen.getByRole('link', { name: 'Học bài tiếp theo' }).getAttribute('href')).toContain('/lessons/l2');
});
