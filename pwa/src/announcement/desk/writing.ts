import type { Announced, Writing } from '../../api/announcement.ts';

const length = 86_400_000;
const text = (date: Date) => date.toISOString().slice(0, 10);

// blank is a new announcement: important enough for two weeks, for nobody yet.
export function blank(now = new Date()): Writing {
  const today = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const until = new Date(today.getTime() + 14 * length);
  return {
    title: { vi: '', en: '' },
    body: { vi: '', en: '' },
    units: [],
    important: false,
    portal: false,
    from: text(today),
    until: text(until),
  };
}

// writingOf is what can be written again of an announcement.
export function writingOf({ title, body, units, important, portal, from, until }: Announced): Writing {
  return { title: { ...title }, body: { ...body }, units: [...(units ?? [])], important, portal, from, until };
}

// again is a new announcement that says the same as an old one, from today on.
export function again(old: Announced, now = new Date()): Writing {
  const { from, until } = blank(now);
  return { ...writingOf(old), from, until };
}

export type Phase = 'draft' | 'ahead' | 'shown' | 'over' | 'withdrawn';

// phaseOf is where an announcement is on a day.
export function phaseOf(one: Pick<Announced, 'state' | 'from' | 'until'>, day: string): Phase {
  if (one.state !== 'published') return one.state;
  if (day < one.from) return 'ahead';
  return day > one.until ? 'over' : 'shown';
}
