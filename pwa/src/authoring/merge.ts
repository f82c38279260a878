import type { Content } from '../api/authoring.ts';

// Two people may write in one course. merge joins what both changed since a common base, lesson by lesson and quiz by
// quiz; clashes names the places both changed, where prefer decides.
export interface Merged {
  content: Content;
  clashes: string[]; // a field's name, or lessons/<id>, quizzes/<id>
}

const plain = ['title', 'summary', 'cover', 'licence', 'competences', 'tier'] as const;
const lists = ['lessons', 'quizzes'] as const;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function merge(base: Content, mine: Content, theirs: Content, prefer: 'mine' | 'theirs'): Merged {
  const clashes: string[] = [];
  const choose = <T>(place: string, was: T, my: T, their: T): T => {
    if (same(my, their) || same(was, my)) return their;
    if (same(was, their)) return my;
    clashes.push(place);
    return prefer === 'mine' ? my : their;
  };
  const content = { ...theirs };
  for (const field of plain) Object.assign(content, { [field]: choose(field, base[field], mine[field], theirs[field]) });
  for (const list of lists) Object.assign(content, { [list]: mergeList<Part>(list, base[list], mine[list], theirs[list], choose) });
  return { content, clashes };
}

type Choose = <T>(place: string, was: T, my: T, their: T) => T;

type Part = { id: string };

function mergeList<T extends Part>(list: string, base: T[], mine: T[], theirs: T[], choose: Choose): T[] {
  const find = (all: T[], id: string) => all.find((one) => one.id === id);
  const ids = (all: T[]) => all.map((one) => one.id);
  const known = new Set([...ids(base), ...ids(mine), ...ids(theirs)]);
  const kept = new Map<string, T>();
  for (const id of known) {
    const one = choose(`${list}/${id}`, find(base, id), find(mine, id), find(theirs, id));
    if (one) kept.set(id, one);
  }
  // The order is that of whoever changed it; what the other added goes to the end.
  const order = same(ids(base), ids(mine)) ? [...ids(theirs), ...ids(mine)] : [...ids(mine), ...ids(theirs)];
  return [...new Set(order)].flatMap((id) => kept.get(id) ?? []);
}
