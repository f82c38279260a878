import type { Headship } from '../api/people.ts';
import { dayBefore } from './today.ts';

// appoint makes somebody head from a day on, or nobody when person is empty. Who was head until then ends the day
// before, or never was if they began that same day; deputies stay.
export function appoint(heads: Headship[], person: string, from: string): Headship[] {
  const kept = heads.flatMap((head) => {
    if (head.deputy || (head.to && head.to < from)) return [head];
    return head.from < from ? [{ ...head, to: dayBefore(from) }] : [];
  });
  return person ? [...kept, { person, from }] : kept;
}
