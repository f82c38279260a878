import { person } from '../api/people.ts';

// Names asks for the names of people one by one and remembers them.
export class Names {
  #known = $state<Record<string, string>>({});
  #asked = new Set<string>();

  of = (id: string): string => this.#known[id] ?? '…';

  know(id: string, name: string): void {
    this.#known[id] = name;
  }

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
