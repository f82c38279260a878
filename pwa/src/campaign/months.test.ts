import { describe, expect, it } from 'vitest';
import type { CalendarEntry } from '../api/campaign.ts';
import { monthsOf, weeksOf } from './months.ts';

const entry = (id: string, startsAt: Date, dueAt: Date) =>
  ({ id, startsAt: startsAt.toISOString(), dueAt: dueAt.toISOString(), overlaps: [] }) as unknown as CalendarEntry;

describe('the calendar', () => {
  const one = entry('a', new Date(2026, 10, 16), new Date(2026, 11, 4, 23, 59));
  it('lays a campaign into each month it touches', () => {
    const months = monthsOf([one], new Date(2026, 9, 20), 4);
    expect(months.map(({ key, spans }) => [key, spans.length])).toEqual([
      ['2026-10', 0],
      ['2026-11', 1],
      ['2026-12', 1],
      ['2027-01', 0],
    ]);
    expect(months[1]!.spans[0]).toMatchObject({ from: 0.5, to: 1 });
    expect(months[2]!.spans[0]!.from).toBe(0);
    expect(months[2]!.spans[0]!.to).toBeCloseTo(4 / 31, 2);
  });
  it('lists starts and due days by week', () => {
    const weeks = weeksOf([one, entry('b', new Date(2026, 10, 18), new Date(2026, 11, 2))]);
    expect(
      weeks.map(({ monday, lines }) => [new Date(monday).getDate(), lines.map(({ entry, starts }) => entry.id + (starts ? '+' : '-'))]),
    ).toEqual([
      [16, ['a+', 'b+']],
      [30, ['b-', 'a-']],
    ]);
  });
});
