import type { DrillView, Enrolment, Text } from '../api/types.ts';
import type { DrillFact } from '../offline/db.ts';
import { byDue, type Known, type Way, wayOf } from '../offline/mine.ts';
import { opening } from '../offline/opening.ts';

// Todo is one thing to do, in the order of Today.
export type Todo = { key: string; title: Text; cover: string; minutes: number; dueAt?: string } & (
  | { kind: 'course'; way: Way }
  | { kind: 'drill'; drill: DrillView; begun: boolean }
);

// todos lists what waits for the person: what is due first comes first, what is begun before what is new, drills only
// when somebody assigned them.
export function todos(enrolments: Enrolment[], known: Known, drills: DrillView[], runs: Map<string, DrillFact>): Todo[] {
  const courses = enrolments
    .filter((enrolment) => !opening(enrolment, enrolments)) // it comes by itself
    .map((enrolment) => wayOf(enrolment, known))
    .filter((way) => way.state === 'new' || way.state === 'started')
    .map((way): Todo => {
      const { id, title, cover, dueAt } = way.enrolment;
      return { key: id, kind: 'course', way, title, cover, minutes: way.minutesLeft, dueAt };
    });
  const practice = drills
    .filter((drill) => drill.dueAt && !drill.completedAt && !runs.get(drill.id)?.doneAt)
    .map((drill): Todo => {
      const begun = Boolean(Object.keys(runs.get(drill.id)?.answers ?? drill.answers ?? {}).length);
      return {
        key: 'drill:' + drill.id,
        kind: 'drill',
        drill,
        begun,
        title: drill.title,
        cover: 'inbox',
        minutes: drill.minutes,
        dueAt: drill.dueAt,
      };
    });
  const begun = (todo: Todo) => (todo.kind === 'course' ? todo.way.state === 'started' : todo.begun);
  return [...courses, ...practice].sort((a, b) => byDue(a, b) || Number(begun(b)) - Number(begun(a)));
}

// whereTo is the address at which a thing to do goes on.
export function whereTo(todo: Todo): string {
  if (todo.kind === 'drill') return `/drills/${encodeURIComponent(todo.drill.id)}`;
  const { next, enrolment } = todo.way;
  const id = encodeURIComponent(enrolment.id);
  if (next?.kind === 'lesson') return `/enrolments/${id}/lessons/${encodeURIComponent(next.lesson.id)}`;
  if (next?.kind === 'quiz') return `/enrolments/${id}/quizzes/${encodeURIComponent(next.quiz.view.id)}`;
  return `/courses/${encodeURIComponent(enrolment.course)}`;
}
