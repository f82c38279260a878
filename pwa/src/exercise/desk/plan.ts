import type { Exercise, SittingPlan } from '../../api/exercise.ts';
import type { Locale } from '../../i18n/locale.svelte.ts';

// day writes a date as the server takes it.
export const day = (at = new Date()): string =>
  [at.getFullYear(), String(at.getMonth() + 1).padStart(2, '0'), String(at.getDate()).padStart(2, '0')].join('-');

export const empty = (on: string): SittingPlan => ({
  exercise: '',
  unit: '',
  on,
  minutes: 90,
  goal: '',
  scope: '',
  tools: '',
  limits: '',
  participants: [],
});

const texts = ['goal', 'scope', 'tools', 'limits'] as const;

// filled puts the texts of an exercise into a plan where nothing of one's own was written: it is empty, or still that of
// the exercise before. Each seat gets a line, unless people are chosen already.
export function filled(plan: SittingPlan, next: Exercise, before: Exercise | undefined, locale: Locale): SittingPlan {
  const out = { ...plan, exercise: next.id };
  for (const field of texts) {
    if (!plan[field].trim() || plan[field] === before?.[field][locale]) out[field] = next[field][locale];
  }
  if (!plan.participants.some((p) => p.person)) out.participants = (next.seats ?? []).map((seat) => ({ person: '', seat: seat.id }));
  else out.participants = plan.participants.map((p) => (next.seats?.some((seat) => seat.id === p.seat) ? p : { ...p, seat: '' }));
  return out;
}
