import { call } from '../api/client.ts';
import type { CourseSummary, DrillView, List } from '../api/types.ts';
import type { Choice } from './wizard.svelte.ts';

// offered lists what a campaign can ask for: every course and drill that is published.
export async function offered(): Promise<Choice[]> {
  const [courses, drills] = await Promise.all([call<List<CourseSummary>>('GET', '/courses'), call<List<DrillView>>('GET', '/me/drills')]);
  const of = (
    kind: Choice['kind'],
    list: { id: string; title: Choice['title']; summary: Choice['summary']; minutes: number }[] | null | undefined,
  ) => (list ?? []).map(({ id, title, summary, minutes }): Choice => ({ kind, id, title, summary, minutes, required: true }));
  return [...of('course', courses.items), ...of('drill', drills.items)];
}
