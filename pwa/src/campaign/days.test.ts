import { describe, expect, it } from 'vitest';
import { daysBetween, defaultDue, isWeekend, plusDays, workingDays } from './days.ts';

describe('days', () => {
  it('counts both ends', () => {
    expect(daysBetween('2026-11-23', '2026-11-23')).toBe(1);
    expect(daysBetween('2026-11-23', '2026-11-27')).toBe(5);
    expect(daysBetween('2026-11-27', '2026-11-23')).toBe(0);
    expect(daysBetween('', '2026-11-23')).toBe(0);
  });
  it('knows weekends and working days', () => {
    expect(isWeekend('2026-11-28')).toBe(true);
    expect(isWeekend('2026-11-27')).toBe(false);
    expect(workingDays('2026-11-23', '2026-11-29')).toBe(5);
    expect(workingDays('2026-11-28', '2026-11-29')).toBe(0);
  });
  it('goes over the end of a month and a year', () => expect(plusDays('2026-12-31', 1)).toBe('2027-01-01'));
  it('proposes a Thursday at least two weeks away', () => {
    for (const start of ['2026-11-23', '2026-11-26', '2026-11-27', '2026-12-31']) {
      const due = defaultDue(start);
      expect(new Date(due).getUTCDay(), start).toBe(4);
      expect(daysBetween(start, due), start).toBeGreaterThanOrEqual(15);
      expect(daysBetween(start, due), start).toBeLessThanOrEqual(21);
    }
  });
});
