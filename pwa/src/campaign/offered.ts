import { announcements } from '../api/announcement.ts';
import { type Kind, kinds } from '../api/campaign.ts';
import { call } from '../api/client.ts';
import type { ExerciseLine } from '../api/exercise.ts';
import { surveys } from '../api/survey.ts';
import type { CourseSummary, DrillView, List, PathView } from '../api/types.ts';
import { today } from './days.ts';
import type { Choice } from './wizard.svelte.ts';

type Offer = Omit<Choice, 'kind' | 'required'>;

// sources say where what is published of each kind comes from.
const sources: Record<Kind, () => Promise<Offer[]>> = {
  course: () => all(() => call<List<CourseSummary>>('GET', '/courses')),
  path: async () => (await all(() => call<List<PathView>>('GET', '/paths'))).filter((one) => !one.retired),
  drill: () => all(() => call<List<DrillView>>('GET', '/me/drills')),
  exercise: () => all(() => call<List<ExerciseLine>>('GET', '/exercises')),
  announcement: async () =>
    (await all(announcements))
      .filter((one) => one.state === 'published' && one.until >= today())
      .map((one) => ({ ...one, minutes: Math.max(1, Math.round(one.body.vi.split(/\s+/).length / 200)) })),
  survey: async () => (await all(surveys)).filter((one) => one.stateNow === 'published').map((one) => ({ ...one, summary: one.intro })),
};

async function all<T>(page: (cursor?: string) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | undefined, more = true; more; more = !!cursor) {
    const answer = await page(cursor);
    items.push(...(answer.items ?? []));
    cursor = answer.next;
  }
  return items;
}

// offered lists what a campaign can ask for. Of a survey or an announcement nobody is told who is late, so it is voluntary.
export async function offered(): Promise<Choice[]> {
  const lists = await Promise.all(
    kinds.map(async (kind) =>
      (await sources[kind]()).map(
        ({ id, title, summary, minutes }): Choice => ({
          kind,
          id,
          title,
          summary,
          minutes,
          required: kind !== 'announcement' && kind !== 'survey',
        }),
      ),
    ),
  );
  return lists.flat();
}
