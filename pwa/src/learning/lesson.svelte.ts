import type { Enrolment, LessonView } from '../api/types.ts';
import type { LessonFact } from '../offline/db.ts';
import { record, remember } from '../offline/outbox.ts';
import { Clock } from './clock.ts';
import { cardAt, type Step, stepAfter, stepsOf } from './steps.ts';

const tellEvery = 120; // seconds

// Lesson is one reading of a lesson: where the person is and what was answered, kept on the phone at every step.
export class Lesson {
  readonly steps: Step[];
  at = $state(0);
  forward = $state(true);
  finished = $state(false);
  practice = $state<Record<string, string[]>>({}); // checked answers
  #fact: LessonFact;
  #clock: Clock;
  #done: boolean;

  constructor(
    readonly enrolment: Enrolment,
    readonly view: LessonView,
    fact: LessonFact | undefined,
  ) {
    this.steps = stepsOf(view);
    const told = enrolment.lessons?.[view.id];
    this.#done = Boolean(fact?.doneAt || told?.doneAt);
    const key = `${enrolment.id}/${view.id}`;
    const start = {
      key,
      enrolment: enrolment.id,
      lesson: view.id,
      step: this.#done ? 0 : stepAfter(this.steps, told?.card ?? 0),
      card: told?.card ?? 0,
    };
    this.#fact = fact ?? { ...start, seconds: 0, practice: {}, toldCard: told?.card ?? 0, toldSeconds: 0 };
    this.practice = { ...this.#fact.practice };
    this.at = this.#done && this.#fact.step >= this.steps.length - 1 ? 0 : Math.min(this.#fact.step, this.steps.length - 1);
    this.#clock = new Clock(this.#fact.seconds);
  }

  get step(): Step {
    return this.steps[this.at]!;
  }

  // mayGoOn is false only at an interaction that has not been answered.
  get mayGoOn(): boolean {
    return this.step.kind === 'card' || this.step.question.id in this.practice;
  }

  async next(): Promise<void> {
    if (!this.mayGoOn || this.finished) return;
    this.forward = true;
    if (this.at === this.steps.length - 1) return this.#finish();
    this.at++;
    await this.keep();
  }

  async previous(): Promise<void> {
    if (this.at === 0) return;
    this.forward = false;
    this.finished = false;
    this.at--;
    await this.keep();
  }

  async answer(question: string, chosen: string[]): Promise<void> {
    this.practice = { ...this.practice, [question]: chosen };
    await this.keep();
  }

  // keep writes where the person is; every two minutes the server hears of it too.
  async keep(): Promise<void> {
    await remember({ lesson: this.#now() });
    if (this.#clock.seconds - this.#fact.toldSeconds >= tellEvery) await this.tell();
  }

  // tell hands progress to the outbox when there is something new: on leaving, on hiding the app, and now and then.
  async tell(): Promise<void> {
    const fact = this.#now();
    if (this.#done || (fact.card <= fact.toldCard && fact.seconds < fact.toldSeconds + 5)) return;
    this.#fact = { ...fact, toldCard: fact.card, toldSeconds: fact.seconds };
    const { enrolment, lesson, card, seconds } = fact;
    await record('lesson.progress', { enrolment, lesson, card, seconds }, { lesson: this.#fact });
  }

  async #finish(): Promise<void> {
    if (!this.#done) {
      this.#done = true;
      const fact = this.#now();
      this.#fact = {
        ...fact,
        doneAt: new Date().toISOString(),
        card: this.view.cards.length,
        toldCard: this.view.cards.length,
        toldSeconds: fact.seconds,
      };
      const { enrolment, lesson, seconds } = this.#fact;
      await record('lesson.done', { enrolment, lesson, seconds }, { lesson: this.#fact });
    }
    this.finished = true;
  }

  leave(): void {
    this.#clock.stop();
    this.tell();
  }

  #now(): LessonFact {
    const seconds = Math.round(this.#clock.seconds);
    this.#fact = {
      ...this.#fact,
      step: this.at,
      card: Math.max(this.#fact.card, cardAt(this.steps, this.at)),
      seconds,
      practice: $state.snapshot(this.practice),
    };
    return this.#fact;
  }
}
