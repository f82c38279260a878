import { type Branch, tree, type Unit, units } from '../api/people.ts';
import { Resource } from '../api/resource.svelte.ts';
import { collator } from '../i18n/format.ts';
import { tx } from '../i18n/locale.svelte.ts';

// Tree is the units one manages, in the order of the tree, with their names in the person's language.
export class Tree extends Resource<Unit[]> {
  branches: Branch[] = $derived(tree(this.data ?? [], (a, b) => collator().compare(tx(a.name), tx(b.name))));
  #names = $derived(new Map((this.data ?? []).map((unit) => [unit.id, unit.name])));

  constructor() {
    super(units);
  }

  name = (id: string): string => (id ? tx(this.#names.get(id)) || id : '');

  // path is the name of a unit with those above it, the highest first.
  path = (id: string): string => [...(this.data?.find((unit) => unit.id === id)?.path ?? []), id].map(this.name).join(' › ');

  // options are the units to choose from: empty says what no unit means, and is left out where one must be chosen;
  // value stays among them even if it is not one's own to give; without takes a unit away, with all below it.
  options(empty?: string, value = '', without?: string): { value: string; label: string }[] {
    const offered = this.branches.filter(({ unit }) => !without || (unit.id !== without && !unit.path?.includes(without)));
    return [
      ...(empty === undefined ? [] : [{ value: '', label: empty }]),
      ...(value && !offered.some(({ unit }) => unit.id === value) ? [{ value, label: this.name(value) }] : []),
      ...offered.map(({ unit, depth }) => ({ value: unit.id, label: '\u2003'.repeat(depth) + tx(unit.name) })),
    ];
  }
}
