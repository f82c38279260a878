import { describe, expect, it } from 'vitest';
import { headOn, tree, type Unit } from '../api/people.ts';

const unit = (id: string, parent?: string, people = 1): Unit => ({ id, name: { vi: id, en: id }, parent, path: [], heads: [], people });
const order = (a: Unit, b: Unit) => a.id.localeCompare(b.id);

describe('the tree of units', () => {
  it('puts children below their parent and counts all below', () => {
    const branches = tree([unit('b', 'a', 2), unit('c', 'b', 3), unit('a'), unit('d', 'a')], order);
    expect(branches.map((branch) => [branch.unit.id, branch.depth, branch.all])).toEqual([
      ['a', 0, 7],
      ['b', 1, 5],
      ['c', 2, 3],
      ['d', 1, 1],
    ]);
  });
  it('takes a unit whose parent one does not manage as a top', () => {
    expect(tree([unit('b', 'elsewhere'), unit('c', 'b')], order).map((branch) => branch.depth)).toEqual([0, 1]);
  });
});

describe('headOn', () => {
  const heads = [
    { person: 'old', from: '2020-01-01', to: '2024-12-31' },
    { person: 'deputy', from: '2020-01-01', deputy: true },
    { person: 'new', from: '2025-06-01' },
  ];
  const cases: [string, string | undefined][] = [
    ['2019-01-01', undefined],
    ['2024-12-31', 'old'],
    ['2025-01-01', 'deputy'],
    ['2026-01-01', 'new'],
  ];
  for (const [day, want] of cases) it(day, () => expect(headOn({ ...unit('u'), heads }, day)?.person).toBe(want));
});
