import type { CourseSummary, Enrolment, PathView } from '../api/types.ts';
import { type Known, wayOf } from './mine.ts';

// How far a learner is on a path: read from their courses, those made before and those this phone has not sent too. A path is
// a plan, not a lock: a course of a later step can be learnt at any time.
export interface OnPath {
  steps: StepOnPath[];
  done: number; // steps
  completed: boolean;
  begun: boolean; // something of the first step
  minutesLeft: number;
  next?: { step: number; course?: CourseOnPath }; // step counts from 1; without a course: choose one there
}
export interface StepOnPath {
  courses: CourseOnPath[];
  need: number;
  any: boolean; // there is something to choose
  done: number;
  complete: boolean;
  after: number; // the first step before it that is not complete, from 1; 0: none
}
export interface CourseOnPath {
  id: string;
  course?: CourseSummary; // missing until it has been downloaded
  enrolment?: Enrolment;
  state: 'done' | 'started' | 'enrolled' | 'open';
  minutes: number;
}

export function alongPath(path: PathView, known: Known & { enrolments: Enrolment[] }): OnPath {
  let after = 0;
  const steps = path.steps.map((step, i): StepOnPath => {
    const courses = step.courses.map((id) => courseOn(id, known));
    const need = step.need || courses.length;
    const done = Math.min(need, courses.filter((one) => one.state === 'done').length);
    const result = { courses, need, any: need < courses.length, done, complete: done === need, after };
    if (!result.complete && !after) after = i + 1;
    return result;
  });
  const step = steps.findIndex((one) => !one.complete);
  const open = steps[step];
  const still = open?.courses.filter((one) => one.state !== 'done') ?? [];
  const taken = still.find((one) => one.state === 'started') ?? still.find((one) => one.state === 'enrolled');
  return {
    steps,
    done: steps.filter((one) => one.complete).length,
    completed: !open,
    begun: steps[0]?.courses.some((one) => one.state !== 'open') ?? false,
    minutesLeft: steps.reduce((sum, one) => sum + minutesOf(one), 0),
    next: open && { step: step + 1, course: taken ?? (open.any ? undefined : still[0]) },
  };
}

// minutesOf is how long a step still takes at most: its longest courses that are not done.
function minutesOf(step: StepOnPath): number {
  const left = step.courses.filter((one) => one.state !== 'done').map((one) => one.minutes);
  return left
    .sort((a, b) => b - a)
    .slice(0, step.need - step.done)
    .reduce((sum, n) => sum + n, 0);
}

function courseOn(id: string, known: Known & { enrolments: Enrolment[] }): CourseOnPath {
  const mine = known.enrolments.filter((one) => one.course === id && one.state !== 'closed').sort((a, b) => b.cycle - a.cycle);
  const ways = mine.map((one) => wayOf(one, known));
  const course = known.courses.find((one) => one.id === id);
  const base = { id, course, enrolment: mine[0], minutes: course?.minutes ?? mine[0]?.minutes ?? 0 };
  if (ways.some((way) => way.state === 'completed')) return { ...base, state: 'done' };
  if (!ways[0]) return { ...base, state: 'open' };
  return { ...base, state: ways[0].state === 'new' ? 'enrolled' : 'started' };
}
