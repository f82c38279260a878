import type { CalendarEntry } from '../api/campaign.ts';

export interface Span {
  entry: CalendarEntry;
  from: number; // share of the month, 0…1, at which it begins
  to: number;
}
export interface Month {
  key: string; // yyyy-mm
  first: Date;
  spans: Span[];
}

// monthsOf lays campaigns into the months they touch, from a month on, for as many months.
export function monthsOf(entries: CalendarEntry[], start: Date, count: number): Month[] {
  return Array.from({ length: count }, (_, i) => {
    const first = new Date(start.getFullYear(), start.getMonth() + i, 1);
    const end = new Date(start.getFullYear(), start.getMonth() + i + 1, 1);
    const share = (at: number) => Math.min(1, Math.max(0, (at - first.getTime()) / (end.getTime() - first.getTime())));
    const spans = entries
      .filter((one) => Date.parse(one.startsAt) < end.getTime() && Date.parse(one.dueAt) >= first.getTime())
      .map((entry) => ({ entry, from: share(Date.parse(entry.startsAt)), to: share(Date.parse(entry.dueAt)) }));
    return { key: `${first.getFullYear()}-${String(first.getMonth() + 1).padStart(2, '0')}`, first, spans };
  });
}

// weeksOf groups campaigns by the Monday of the week in which they start or are due, for a phone.
export function weeksOf(entries: CalendarEntry[]): { monday: string; lines: { entry: CalendarEntry; starts: boolean; at: string }[] }[] {
  const weeks = new Map<string, { entry: CalendarEntry; starts: boolean; at: string }[]>();
  const lines = entries.flatMap((entry) => [
    { entry, starts: true, at: entry.startsAt },
    { entry, starts: false, at: entry.dueAt },
  ]);
  for (const line of lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const day = new Date(line.at);
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
    const key = day.toISOString();
    weeks.set(key, [...(weeks.get(key) ?? []), line]);
  }
  return [...weeks].map(([monday, lines]) => ({ monday, lines }));
}
