import { call } from '../api/client.ts';
import type { ExerciseLine } from '../api/exercise.ts';
import type { CourseSummary, DrillView, List } from '../api/types.ts';
import type { Choice } from './wizard.svelte.ts';

// offered lists what a campaign can ask for: every course, drill and exercise that is published.
export async function offered(): Promise<Choice[]> {
  const [courses, drills, exercises] = await Promise.all([
    call<List<CourseSummary>>('GET', '/courses'),
    call<List<DrillView>>('GET', '/me/drills'),
    call<List<ExerciseLine>>('GET', '/exercises'),
  ]);
  const of = (
    kind: Choice['kind'],
    list: { id: string; title: Choice['title']; summary: Choice['summary']; minutes: number }[] | null | undefined,
  ) => (list ?? []).map(({ id, title, summary, minutes }): Choice => ({ kind, id, title, summary, minutes, required: true }));
  return [...of('course', courses.items), ...of('drill', drills.items), ...of('exercise', exercises.items)];
}
