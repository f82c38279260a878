import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Content, Problem } from '../api/authoring.ts';
import { speak } from '../i18n/locale.svelte.ts';
import { placeOf, problemText, show } from './places.ts';
import { ready } from './texts.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});

const content = {
  lessons: [{ id: 'signs', title: { vi: 'Dấu hiệu', en: 'Signs' } }],
  quizzes: [{ id: 'check', title: { vi: '', en: '' } }],
} as unknown as Content;
const problem = (path: string, more: Partial<Problem> = {}): Problem => ({
  path,
  code: 'missing_language',
  message: 'the text is missing',
  ...more,
});

describe('placeOf', () => {
  const cases: [Problem, string, string][] = [
    [problem('title.en'), '/authoring/c?at=title.en', 'tên'],
    [
      problem('lessons[0].practice[1].options[2].feedback.en'),
      '/authoring/c/lessons/signs?at=lessons%5B0%5D.practice%5B1%5D.options%5B2%5D.feedback.en',
      'Bài 1 (Dấu hiệu), câu luyện 2, phương án 3, vì sao đúng hoặc sai',
    ],
    [
      problem('lessons[0].body.vi', { line: 12 }),
      '/authoring/c/lessons/signs?at=lessons%5B0%5D.body.vi',
      'Bài 1 (Dấu hiệu), nội dung, dòng 12',
    ],
    [
      problem('quizzes[0].questions[4].pairs[0].left.vi'),
      '/authoring/c/quizzes/check?at=quizzes%5B0%5D.questions%5B4%5D.pairs%5B0%5D.left.vi',
      'Kiểm tra 1, câu 5, cặp 1, vế trái',
    ],
    [problem('lessons[7].title.vi'), '/authoring/c?at=lessons%5B7%5D.title.vi', 'Bài 8, tên'],
  ];
  for (const [given, href, words] of cases) it(given.path, () => expect(placeOf('c', given, content)).toEqual({ href, words }));
});

describe('problemText', () => {
  it('names the language that is missing', () => expect(problemText(problem('title.en'))).toBe('Thiếu bản tiếng Anh'));
  it('uses the words of the server for a code it does not know', () =>
    expect(problemText(problem('title', { code: 'new_rule', message: 'A new rule.' }))).toBe('A new rule.'));
});

describe('show', () => {
  beforeEach(() => {
    document.body.innerHTML =
      '<div data-path="lessons[0]"><div data-path="lessons[0].title"><div data-path="lessons[0].title.vi"><input id="vi"></div></div><input id="first"></div>';
    Element.prototype.scrollIntoView = () => {};
  });
  const cases: [string, string][] = [
    ['lessons[0].title.vi', 'vi'],
    ['lessons[0].practice[3].prompt.en', 'vi'],
    ['quizzes[1]', ''],
  ];
  for (const [path, want] of cases)
    it(`goes to the nearest field for ${path}`, () => {
      show(path);
      expect(document.activeElement?.id ?? '').toBe(want);
    });
});
