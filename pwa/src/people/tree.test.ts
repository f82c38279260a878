import { describe, expect, it } from 'vitest';
import { tree, type Unit } from '../api/people.ts';

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
