import type { StepOnPath } from '../offline/path.ts';

// rule says in words what a step asks for.
export function rule({ courses, need, any, complete }: StepOnPath) {
  const key = any ? (complete ? 'path.anyDone' : 'path.any') : need === 1 ? 'path.one' : 'path.all';
  return { key, values: { n: need, of: courses.length } } as const;
}
