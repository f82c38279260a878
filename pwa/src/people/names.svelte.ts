import { SvelteMap } from 'svelte/reactivity';
import { person } from '../api/people.ts';

// Names asks for the names of people one by one and remembers them.
export class Names {
  #known = new SvelteMap<string, string>();
  #asked = new Set<string>();

  of = (id: string): string => this.#known.get(id) ?? '…';
  know = (id: string, name: string): void => void this.#known.set(id, name);

  want(ids: string[]): void {
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      person(id).then(
        ({ name }) => this.know(id, name),
        () => this.know(id, '–'),
      );
    }
  }
}
