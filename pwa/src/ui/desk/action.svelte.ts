// Action is one thing a person asked for: whether it is under way and why it was refused.
export class Action {
  busy = $state(false);
  error = $state.raw<unknown>();

  // run does the work unless the last one is still under way; a failure is kept for the screen and gives undefined.
  run = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      return await work();
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  };
}
