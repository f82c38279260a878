import { describe, expect, it } from 'vitest';
import type { Content, Lesson } from '../api/authoring.ts';
import { merge } from './merge.ts';

const lesson = (id: string, body = ''): Lesson => ({
  id,
  title: { vi: id, en: id },
  minutes: 3,
  body: { vi: body, en: body },
  practice: [],
});
const content = (change: Partial<Content> = {}): Content => ({
  title: { vi: 'Khóa', en: 'Course' },
  summary: { vi: '', en: '' },
  cover: 'shield',
  licence: 'CC-BY-4.0',
  competences: ['DC-4.1'],
  tier: 'A',
  lessons: [lesson('a'), lesson('b')],
  quizzes: [],
  ...change,
});
const ids = (merged: Content) => merged.lessons.map((one) => one.id);

describe('merge', () => {
  it('joins changes in different places without asking', () => {
    const mine = content({ lessons: [lesson('a', 'mine'), lesson('b')] });
    const theirs = content({ cover: 'key', lessons: [lesson('a'), lesson('b', 'theirs')] });
    const merged = merge(content(), mine, theirs, 'mine');
    expect(merged.clashes).toEqual([]);
    expect(merged.content.cover).toBe('key');
    expect(merged.content.lessons.map((one) => one.body.vi)).toEqual(['mine', 'theirs']);
  });

  it('names the places both changed and lets one side win there only', () => {
    const mine = content({ title: { vi: 'Của tôi', en: 'Mine' }, lessons: [lesson('a', 'mine'), lesson('b')] });
    const theirs = content({ title: { vi: 'Của họ', en: 'Theirs' }, tier: 'P' });
    for (const [prefer, title] of [
      ['mine', 'Của tôi'],
      ['theirs', 'Của họ'],
    ] as const) {
      const merged = merge(content(), mine, theirs, prefer);
      expect(merged.clashes).toEqual(['title']);
      expect(merged.content.title.vi).toBe(title);
      expect(merged.content.tier).toBe('P');
      expect(merged.content.lessons[0]?.body.vi).toBe('mine');
    }
  });

  it('keeps what each side added and drops what one side removed', () => {
    const mine = content({ lessons: [lesson('a'), lesson('b'), lesson('mine')] });
    const theirs = content({ lessons: [lesson('theirs'), lesson('b')] });
    expect(ids(merge(content(), mine, theirs, 'mine').content)).toEqual(['b', 'mine', 'theirs']);
  });

  it('asks when one side removed what the other changed', () => {
    const mine = content({ lessons: [lesson('a', 'mine'), lesson('b')] });
    const theirs = content({ lessons: [lesson('b')] });
    const merged = merge(content(), mine, theirs, 'mine');
    expect(merged.clashes).toEqual(['lessons/a']);
    expect(ids(merged.content)).toContain('a');
    expect(ids(merge(content(), mine, theirs, 'theirs').content)).toEqual(['b']);
  });

  it('takes the order of whoever changed it', () => {
    const theirs = content({ lessons: [lesson('b'), lesson('a')] });
    expect(ids(merge(content(), content({ cover: 'key' }), theirs, 'mine').content)).toEqual(['b', 'a']);
    expect(ids(merge(content(), theirs, content(), 'mine').content)).toEqual(['b', 'a']);
  });

  it('says nothing when both made the same change', () => {
    const both = content({ cover: 'search' });
    expect(merge(content(), both, content({ cover: 'search' }), 'mine')).toEqual({ content: both, clashes: [] });
  });
});
