import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import type { AttemptResult } from '../api/types.ts';
import { loadLearn } from '../i18n/learn.ts';
import { loadTexts, speak } from '../i18n/t.svelte.ts';
import type { Op } from '../offline/db.ts';
import { flush } from '../offline/outbox.ts';
import { store } from '../offline/state.svelte.ts';
import { enrolment, ticket } from '../test/course.ts';
import { phone } from '../test/phone.ts';
import { answers } from '../test/server.ts';
import Quiz from './Quiz.svelte';
import Result from './Result.svelte';

beforeEach(async () => {
  await Promise.all([loadTexts('vi'), loadLearn('vi')]);
  await speak('vi');
  answers({});
  await phone();
});

const open = () => render(Quiz, { enrolment: enrolment.id, quiz: 'check' });
const press = async (name: string) => (await screen.findByRole('button', { name })).click();

async function take() {
  open();
  await press('Bắt đầu làm bài');
  (await screen.findByRole('radio', { name: 'Phương án B' })).click();
  await waitFor(() => expect(store.attempts[0]?.answers).toEqual([{ question: 'g1', chosen: ['b'] }]));
  await press('Câu tiếp');
  (await screen.findByRole('button', { name: 'Đưa “Việc b” lên' })).click();
  await waitFor(() => expect(store.attempts[0]?.answers[1]).toEqual({ question: 'g2', chosen: ['b', 'a', 'c'] }));
  await press('Xem lại bài làm');
}

test('one question at a time, then a review, then it waits to be marked', async () => {
  await take();
  await screen.findByText('Bạn đã trả lời đủ 2 câu.');
  await press('Nộp bài');
  await waitFor(() => expect(store.waiting).toHaveLength(1));
  expect(store.waiting[0]).toMatchObject({
    kind: 'attempt.submit',
    ticket: ticket.ticket,
    enrolment: enrolment.id,
    answers: [{ question: 'g1' }, { question: 'g2' }],
  });
  expect(store.attempts).toMatchObject([{ state: 'waiting' }]);
  cleanup();
  store.online = false;
  render(Result, { attempt: store.attempts[0]!.attempt });
  await screen.findByRole('heading', { name: 'Đã lưu trên máy' });
});

test('a try that was begun goes on with its answers after the app was closed', async () => {
  open();
  await press('Bắt đầu làm bài');
  (await screen.findByRole('radio', { name: 'Phương án A' })).click();
  await waitFor(() => expect(store.attempts[0]?.answers).toHaveLength(1));
  cleanup();
  open();
  await press('Làm tiếp');
  expect((await screen.findByRole<HTMLInputElement>('radio', { name: 'Phương án A' })).checked).toBe(true);
  expect(store.attempts).toHaveLength(1);
});

test('what is missing is said before handing in', async () => {
  open();
  await press('Bắt đầu làm bài');
  await press('Câu tiếp');
  await press('Xem lại bài làm');
  await screen.findByText('Còn 1 câu chưa trả lời. Chạm vào câu để làm.');
  await screen.findByRole('button', { name: 'Vẫn nộp bài' });
});

test('the result shows feedback for each question, and a new try when it was not enough', async () => {
  await take();
  await press('Nộp bài');
  await waitFor(() => expect(store.waiting).toHaveLength(1));
  cleanup();
  const [first, second] = ticket.questions;
  const result = (id: string): AttemptResult => ({
    ...{ id, quiz: 'check', n: 1, score: 0.5, passed: false, counted: true, flags: [], enrolmentState: 'started' },
    questions: [
      { question: first!, score: 1, chosen: ['b'], feedback: [{ option: 'b', text: { vi: 'Vì thế đúng', en: '' } }] },
      { question: second!, score: 0, chosen: ['b', 'a', 'c'], feedback: [] },
    ],
  });
  answers({
    'POST /ops': ({ ops }: { ops: Op[] }) => ({
      results: ops.map((op) => ({ id: op.id, status: 'applied', attempt: result(String(op.attempt)) })),
    }),
  });
  await flush({ now: true });
  render(Result, { attempt: store.attempts[0]!.attempt });
  await screen.findByRole('heading', { name: 'Chưa đạt, mình thử lại nhé' });
  await screen.findByText('Vì thế đúng');
  await screen.findByText('Đúng 1 / 2 câu');
  await screen.findByRole('link', { name: 'Làm lại' });
});
