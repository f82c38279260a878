import { describe, expect, it } from 'vitest';
import type { Announced } from '../../api/announcement.ts';
import { again, blank, phaseOf } from './writing.ts';

const old: Announced = {
  ...{
    id: 'a',
    html: { vi: '', en: '' },
    summary: { vi: '', en: '' },
    state: 'published',
    version: 3,
    title: { vi: 'Cũ', en: 'Old' },
    body: { vi: 'x', en: 'y' },
  },
  ...{ units: ['a'], important: true, portal: true, from: '2026-01-01', until: '2026-01-05' },
};

describe('an announcement', () => {
  it('begins today and ends after two weeks', () => {
    const one = blank(new Date(2026, 11, 25, 1));
    expect([one.from, one.until]).toEqual(['2026-12-25', '2027-01-08']);
  });
  it('is written again without its id, from today on', () => {
    const one = again(old, new Date(2026, 1, 1, 12));
    expect(one).toEqual({
      ...{ title: old.title, body: old.body, units: ['a'], important: true, portal: true, from: '2026-02-01', until: '2026-02-15' },
    });
  });
  it('is ahead, shown and over', () => {
    expect(['2025-12-31', '2026-01-01', '2026-01-05', '2026-01-06'].map((day) => phaseOf(old, day))).toEqual([
      'ahead',
      'shown',
      'shown',
      'over',
    ]);
    expect(phaseOf({ ...old, state: 'draft' }, '2026-01-06')).toBe('draft');
    expect(phaseOf({ ...old, state: 'withdrawn' }, '2026-01-03')).toBe('withdrawn');
  });
});
