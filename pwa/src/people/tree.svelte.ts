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
}
