import type { List } from '../../api/types.ts';

// Paged is a list asked for page by page. data is the first answer with the items of all pages.
export class Paged<P extends List<unknown>> {
  data = $state.raw<P>();
  error = $state.raw<unknown>();
  loading = $state(false);
  #ask: (cursor?: string) => Promise<P>;
  #pages = 1;
  #turn = 0;

  constructor(ask: (cursor?: string) => Promise<P>) {
    this.#ask = ask;
    this.reload();
  }

  // reload asks for as many pages again as were on the screen.
  reload = (): Promise<void> =>
    this.#run(async () => {
      let all: P | undefined;
      for (let page = 0; page < this.#pages; page++) {
        const next = await this.#ask(all?.next);
        all = join(all, next);
        if (!next.next) break;
      }
      return all;
    });

  // restart asks for another list: what was searched for has changed.
  restart = (): Promise<void> => {
    this.#pages = 1;
    return this.reload();
  };

  more = (): Promise<void> =>
    this.#run(async () => {
      const next = await this.#ask(this.data?.next);
      this.#pages++;
      return join(this.data, next);
    });

  async #run(work: () => Promise<P | undefined>): Promise<void> {
    const turn = ++this.#turn; // an older answer that comes later is not shown
    this.loading = true;
    try {
      const data = await work();
      if (turn !== this.#turn) return;
      this.data = data;
      this.error = undefined;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}

function join<P extends List<unknown>>(all: P | undefined, next: P): P {
  return all ? { ...all, items: [...(all.items ?? []), ...(next.items ?? [])], next: next.next } : next;
}
