import { describe, expect, it } from 'vitest';
import { cardAt, cardTitles, markUp } from './markdown.ts';

describe('cardTitles', () => {
  const cases: [string, string, string[]][] = [
    ['no card', 'text', []],
    ['two cards', '\n## Một\n\ntext\n\n## Hai\n', ['Một', 'Hai']],
    ['a heading inside a message is text', '## Một\n```sms Số lạ\n## không\n```\n## Hai', ['Một', 'Hai']],
    ['other headings start no card', '## Một\n### nhỏ\n#hash', ['Một']],
    ['a card without a title', '##', ['']],
  ];
  for (const [name, body, want] of cases) it(name, () => expect(cardTitles(body)).toEqual(want));
});

describe('cardAt', () => {
  const body = '## Một\nmột\n## Hai\nhai';
  const cases: [number, number][] = [
    [0, 0],
    [8, 0],
    [body.indexOf('Hai'), 1],
    [body.length, 1],
  ];
  for (const [offset, want] of cases) it(`offset ${offset}`, () => expect(cardAt(body, offset)).toBe(want));
  it('is the first card before any', () => expect(cardAt('text', 2)).toBe(0));
});

describe('markUp', () => {
  it('wraps what is selected and leaves it selected', () => {
    for (const mark of ['card', 'bold', 'rule', 'link'] as const) {
      const { text, from, to } = markUp(mark, 'chữ', 'Quy tắc');
      expect(text.slice(from, to), mark).toBe('chữ');
    }
  });
  it('makes a list of the selected lines', () => expect(markUp('list', 'a\nb', '').text).toBe('\n- a\n- b\n'));
  it('makes a message whose sender is selected', () => {
    const { text, from, to } = markUp('message', 'Chào', '');
    expect(text).toBe('\n```sms Số lạ\nChào\n```\n');
    expect(text.slice(from, to)).toBe('Số lạ');
  });
});
