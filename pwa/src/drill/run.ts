import type { DrillChoice, DrillItem, DrillTemplate, DrillView } from '../api/types.ts';
import type { DrillFact } from '../offline/db.ts';
import { record } from '../offline/outbox.ts';

// answersOf joins what the server knows with what this phone knows; the first answer to an item counts.
export function answersOf(drill: DrillView, fact: DrillFact | undefined): Record<string, DrillChoice> {
  return { ...fact?.answers, ...drill.answers };
}

export const isRight = (item: DrillItem, choice: DrillChoice): boolean => (item.truth === 'phish') === (choice === 'report');

export interface Score {
  phish: number;
  legit: number;
  hits: number;
  falseAlarms: number;
}

// scoreOf scores a run on the phone at once, both errors alike; the server scores again and its result wins.
export function scoreOf(items: DrillItem[], answers: Record<string, DrillChoice>): Score {
  const score: Score = { phish: 0, legit: 0, hits: 0, falseAlarms: 0 };
  for (const item of items) {
    score[item.truth]++;
    if (answers[item.id] !== 'report') continue;
    if (item.truth === 'phish') score.hits++;
    else score.falseAlarms++;
  }
  return score;
}

const fresh = (template: DrillTemplate): DrillFact => ({ drill: template.id, n: template.n, answers: {}, viewed: false });

// view notes that the drill was opened, once.
export async function view(template: DrillTemplate, fact: DrillFact | undefined): Promise<void> {
  if (fact?.viewed) return;
  const { id: drill, n } = template;
  await record('drill.view', { drill, n }, { drill: { ...(fact ?? fresh(template)), viewed: true } });
}

// answer keeps the first answer to an item; the last one finishes the drill.
export async function answer(
  template: DrillTemplate,
  drill: DrillView,
  fact: DrillFact | undefined,
  item: string,
  choice: DrillChoice,
): Promise<void> {
  const known = answersOf(drill, fact);
  if (known[item]) return;
  const next: DrillFact = { ...(fact ?? fresh(template)), answers: { ...known, [item]: choice } };
  const { id, n } = template;
  await record('drill.answer', { drill: id, n, item, choice }, { drill: next });
  if (!template.items.every((other) => next.answers[other.id])) return;
  await record('drill.done', { drill: id, n }, { drill: { ...next, doneAt: new Date().toISOString() } });
}

// repair finishes a drill whose last answer was kept but whose end was not: the app may be closed between the two.
export async function repair(template: DrillTemplate, drill: DrillView, fact: DrillFact | undefined): Promise<void> {
  if (!fact || fact.doneAt || drill.completedAt || !template.items.every((item) => fact.answers[item.id])) return;
  await record('drill.done', { drill: template.id, n: template.n }, { drill: { ...fact, doneAt: new Date().toISOString() } });
}
