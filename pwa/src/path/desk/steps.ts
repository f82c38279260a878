import type { Stage } from '../../api/path.ts';

// Changes of the steps of a path. Each gives a new list; none is ever written into.

// put replaces the step at i.
const put = (steps: Stage[], i: number, step: Stage): Stage[] => steps.map((one, k) => (k === i ? step : one));

// sound keeps how many are needed below how many there are: as many as there are is all.
function sound({ courses, need }: Stage): Stage {
  return need && need < courses.length ? { courses, need } : { courses };
}

export const addCourse = (steps: Stage[], i: number, id: string): Stage[] =>
  put(steps, i, sound({ ...steps[i]!, courses: [...steps[i]!.courses, id] }));
export const dropCourse = (steps: Stage[], i: number, id: string): Stage[] =>
  put(steps, i, sound({ ...steps[i]!, courses: steps[i]!.courses.filter((one) => one !== id) }));
export const setNeed = (steps: Stage[], i: number, need: number): Stage[] => put(steps, i, sound({ ...steps[i]!, need }));
export const dropStep = (steps: Stage[], i: number): Stage[] => steps.filter((_, k) => k !== i);

// raise moves the step at i one up.
export function raise(steps: Stage[], i: number): Stage[] {
  const next = [...steps];
  const [step] = next.splice(i, 1);
  if (step) next.splice(Math.max(0, i - 1), 0, step);
  return next;
}
