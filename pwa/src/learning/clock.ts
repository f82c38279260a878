// Clock counts the seconds a lesson is really looked at: only while the screen is visible, and a jump over ten times
// the interval (a suspended tab) is not counted.
export class Clock {
  seconds: number;
  #last = performance.now();
  #timer: ReturnType<typeof setInterval>;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#timer = setInterval(() => this.tick(), 1000);
  }

  tick(now = performance.now()): void {
    const passed = (now - this.#last) / 1000;
    this.#last = now;
    if (document.visibilityState === 'visible' && passed > 0 && passed <= 10) this.seconds += passed;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
