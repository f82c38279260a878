// Resource is something asked from the server, for a screen: its data, what went wrong, and a way to ask again. The
// data stay on the screen while it is asked again.
export class Resource<T> {
  data = $state.raw<T>();
  error = $state.raw<unknown>();
  loading = $state(false);
  #ask: () => Promise<T>;
  #turn = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
    this.reload();
  }

  reload = async (): Promise<void> => {
    const turn = ++this.#turn; // an older answer that comes later is not shown
    this.loading = true;
    try {
      const data = await this.#ask();
      if (turn !== this.#turn) return;
      this.data = data;
      this.error = undefined;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  };
}
