import { render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import type { DrillItem, DrillTemplate, DrillView } from '../api/types.ts';
import { loadLearn } from '../i18n/learn.ts';
import { loadTexts, speak } from '../i18n/t.svelte.ts';
import { db } from '../offline/db.ts';
import { read } from '../offline/read.ts';
import { store } from '../offline/state.svelte.ts';
import { text } from '../test/course.ts';
import { phone } from '../test/phone.ts';
import { answers } from '../test/server.ts';
import { go } from '../ui/router.svelte.ts';
import Inbox from './Inbox.svelte';
import { answersOf, scoreOf } from './run.ts';

const item = (id: string, truth: DrillItem['truth']): DrillItem => ({
  ...{ id, truth, time: '08:00', subject: text('Thư ' + id), body: text('Xin chào'), why: text('Vì thế ' + id) },
  from: { name: text('Người gửi ' + id), address: id + '@thu.example' },
  links: [{ text: text('Mở'), real: `https://${id}.example/mo` }],
  cues: [{ where: 'from', text: text('Nhìn địa chỉ') }],
});
const template: DrillTemplate = {
  ...{ id: 'd', n: 1, title: text('Hộp thư'), summary: text('Tóm tắt'), kind: 'inbox', minutes: 4, rating: 'mixed' },
  items: [item('mot', 'phish'), item('hai', 'legit')],
  debrief: { why: text('Vì sao'), do: text('Làm gì'), who: text('Báo ai') },
};
const drill: DrillView = { ...template, answers: {} };

beforeEach(async () => {
  await Promise.all([loadTexts('vi'), loadLearn('vi')]);
  await speak('vi');
  answers({});
  await phone();
  await db().put('items', { key: 'd', kind: 'drill', drill });
  await db().put('templates', template, 'd@1');
  await read();
  go('/drills/d');
});

const press = async (name: string) => (await screen.findByRole('button', { name })).click();

test('messages are decided one by one, explained at once, and told as fixed choices', async () => {
  render(Inbox, { drill: 'd' });
  await press('Mở hộp thư');
  await press('Thư tiếp theo');
  await screen.findByRole('heading', { level: 1, name: 'Thư mot' });
  expect(screen.queryByText('https://mot.example/mo')).toBeNull();
  await press('Xem địa chỉ thật của “Mở”');
  await screen.findByText('https://mot.example/mo');
  await press('Báo nghi ngờ');
  await screen.findByRole('heading', { name: 'Bạn tinh mắt lắm, đây là lừa đảo' });
  await press('Thư tiếp theo');
  await screen.findByRole('heading', { level: 1, name: 'Thư hai' });
  await press('Báo nghi ngờ');
  await screen.findByRole('heading', { name: 'Thư này thật ra bình thường' });
  await press('Xem tổng kết');
  await screen.findByText('Nhận ra 1 / 1 thư lừa đảo');
  await screen.findByText('Giữ đúng 0 / 1 thư bình thường');
  await screen.findByText('Báo ai');
  await waitFor(() => expect(store.waiting.map((op) => op.kind)).toEqual(['drill.view', 'drill.answer', 'drill.answer', 'drill.done']));
  expect(store.waiting[1]).toEqual({
    id: expect.any(String),
    kind: 'drill.answer',
    at: expect.any(String),
    drill: 'd',
    n: 1,
    item: 'mot',
    choice: 'report',
  });
});

test('the first answer counts, wherever it was given', () => {
  expect(
    answersOf({ ...drill, answers: { mot: 'keep' } }, { drill: 'd', n: 1, answers: { mot: 'report', hai: 'keep' }, viewed: true }),
  ).toEqual({ mot: 'keep', hai: 'keep' });
});

test('both errors count', () => {
  expect(scoreOf(template.items, { mot: 'keep', hai: 'report' })).toEqual({ phish: 1, legit: 1, hits: 0, falseAlarms: 1 });
});
