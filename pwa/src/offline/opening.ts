import type { Enrolment } from '../api/types.ts';

// opening says what an enrolment still waits for: a day, a course to complete first, or nothing. Whoever opens it all the
// same can learn: it is a plan, not a lock.
export function opening(one: Enrolment, all: Enrolment[], now = new Date()): { at?: string; after?: Enrolment; step?: true } | undefined {
  const { at, after, of, need } = one.opens ?? {};
  if (one.state !== 'assigned') return;
  if (at && new Date(at) > now) return { at };
  const done = of?.filter((id) => all.some((other) => other.course === id && other.state === 'completed')).length ?? 0;
  if (of && done < (need || of.length)) return { step: true };
  const before = all.filter((other) => other.course === after && other.state !== 'closed').sort((a, b) => b.cycle - a.cycle)[0];
  if (before && before.state !== 'completed') return { after: before };
}
