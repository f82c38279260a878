import { beforeEach, expect, test } from 'vitest';
import { accountEn } from './account.en.ts';
import { accountVi } from './account.vi.ts';
import { en } from './en.ts';
import { exerciseEn } from './exercise.en.ts';
import { exerciseVi } from './exercise.vi.ts';
import { daysUntil, fold, percent, setZone, shortDate } from './format.ts';
import { learnEn } from './learn.en.ts';
import { l, loadLearn } from './learn.ts';
import { learnVi } from './learn.vi.ts';
import { locale, tx } from './locale.svelte.ts';
import { loadTexts, speak, t } from './t.svelte.ts';
import { vi } from './vi.ts';

beforeEach(async () => {
  await loadTexts('vi');
  await loadLearn('vi');
  await speak('vi');
});

test('the language changes at run time, is remembered and is told to the page', async () => {
  expect(t('nav.today')).toBe('Hôm nay');
  await speak('en');
  expect(t('nav.today')).toBe('Today');
  expect(l('player.next')).toBe('Continue');
  expect(tx({ vi: 'một', en: 'one' })).toBe('one');
  expect([locale.now, localStorage.getItem('hocso.locale'), document.documentElement.lang]).toEqual(['en', 'en', 'en']);
});

test('values and plurals are filled in', async () => {
  expect(t('lessons', { n: 5 })).toBe('5 bài');
  await speak('en');
  expect([1, 5].map((n) => t('lessons', { n }))).toEqual(['1 lesson', '5 lessons']);
});

test.each([
  ['frame', vi, en],
  ['learn', learnVi, learnEn],
  ['account', accountVi, accountEn],
  ['exercise', exerciseVi, exerciseEn],
])('%s: both languages take the same values, and nothing is empty', (_, source: Record<string, string>, other: Record<string, string>) => {
  const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();
  for (const key of Object.keys(source)) {
    expect(names(other[key]!), key).toEqual(names(source[key]!));
    expect(source[key]!.trim() && other[key]!.trim(), key).not.toBe('');
  }
});

test('dates and shares are written as the language does', async () => {
  setZone('Asia/Ho_Chi_Minh');
  expect(shortDate('2026-11-27T10:00:00Z')).toBe('Thứ Sáu, 27/11');
  expect(percent(0.874, 1).replace(/\s/, '')).toBe('87,4%');
  expect(daysUntil('2026-11-29T16:59:59.999Z', new Date('2026-11-23T18:00:00Z'))).toBe(5);
  await speak('en');
  expect(percent(0.874, 1)).toBe('87.4%');
});

test('search ignores marks', () => {
  expect(fold('Đỗ Thị Ứng')).toBe('do thi ung');
});
