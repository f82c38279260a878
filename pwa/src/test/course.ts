import type { CourseSummary, Enrolment, LessonView, Question, Text, Ticket, VersionView } from '../api/types.ts';

export const text = (vi: string): Text => ({ vi, en: vi + ' (en)' });

export const choice: Question = {
  id: 'q-choice',
  after: 1,
  kind: 'choice',
  prompt: text('Chọn gì?'),
  fixed: true,
  options: [
    { id: 'a', text: text('Sai'), feedback: text('Vì sao sai') },
    { id: 'b', text: text('Đúng'), right: true, feedback: text('Vì sao đúng') },
  ],
};
export const order: Question = {
  id: 'q-order',
  after: 2,
  kind: 'order',
  prompt: text('Xếp lại'),
  options: ['1', '2', '3'].map((id) => ({ id, text: text('Bước ' + id) })),
  explanation: text('Vì thế'),
};

export const lesson: LessonView = {
  id: 'l1',
  title: text('Bài một'),
  minutes: 3,
  cards: ['Thẻ một', 'Thẻ hai', 'Thẻ ba'].map((title) => ({ title: text(title), html: text(`<p>${title} nói</p>`) })),
  practice: [choice],
};
export const quiz = { id: 'check', title: text('Kiểm tra'), draw: 2, pass: 75, attempts: 0 };
export const version: VersionView = {
  course: 'c',
  n: 1,
  title: text('Khóa học'),
  summary: text('Tóm tắt'),
  cover: 'shield',
  minutes: 6,
  competences: [],
  licence: '',
  lessons: [lesson, { ...lesson, id: 'l2', title: text('Bài hai') }],
  quizzes: [quiz],
};
export const summary: CourseSummary = {
  ...version,
  id: 'c',
  lessons: version.lessons.map(({ id, title, minutes }) => ({ id, title, minutes })),
};
export const enrolment: Enrolment = {
  id: 'c:p1:1',
  person: 'p1',
  course: 'c',
  cycle: 1,
  n: 1,
  campaigns: [],
  reason: 'self',
  assignedAt: '2026-01-01T00:00:00Z',
  state: 'assigned',
  lessons: {},
  quizzes: {},
  title: text('Khóa học'),
  cover: 'shield',
  minutes: 6,
};
export const ticket: Ticket = {
  enrolment: enrolment.id,
  quiz: 'check',
  n: 1,
  ticket: 'opaque',
  issuedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2999-01-01T00:00:00Z',
  questions: [
    {
      id: 'g1',
      kind: 'choice',
      prompt: text('Câu một?'),
      options: [
        { id: 'a', text: text('Phương án A') },
        { id: 'b', text: text('Phương án B') },
      ],
    },
    { id: 'g2', kind: 'order', prompt: text('Thứ tự nào?'), options: ['a', 'b', 'c'].map((id) => ({ id, text: text('Việc ' + id) })) },
  ],
};
