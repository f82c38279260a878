import { type Audience, type CampaignItem, countAudience, type NewCampaign } from '../api/campaign.ts';
import { ApiError } from '../api/problem.ts';
import type { Text } from '../i18n/locale.svelte.ts';
import { daysBetween, defaultDue, isWeekend, today, workingDays } from './days.ts';

// Choice is one thing that can be assigned.
export interface Choice extends CampaignItem {
  title: Text;
  summary: Text;
  minutes: number;
}

export const steps = ['what', 'who', 'when', 'name'] as const;
export type Step = (typeof steps)[number];

// Wizard is a campaign on its way: what, who, when, and its name.
export class Wizard {
  step = $state<Step>('what');
  chosen = $state.raw<Choice[]>([]);
  everybody = $state(true);
  units = $state.raw<string[]>([]);
  cohorts = $state.raw<string[]>([]);
  startsOn = $state(today());
  dueOn = $state(defaultDue(today()));
  remind = $state(true);
  target = $state(90);
  name = $state<Text>({ vi: '', en: '' });
  named = $state(false); // by the person: no longer made from the courses
  people = $state.raw<number>(); // how many it will reach; undefined while that is counted
  countFailed = $state.raw<unknown>();
  #turn = 0;

  minutes = $derived(this.chosen.reduce((sum, choice) => sum + choice.minutes, 0));
  audience: Audience = $derived(
    this.everybody ? { units: [] } : { units: this.units, ...(this.cohorts.length && { cohorts: this.cohorts }) },
  );
  some = $derived(this.everybody || this.units.length + this.cohorts.length > 0);
  days = $derived(daysBetween(this.startsOn, this.dueOn));
  // Fewer working days than 15 minutes a day would need: the server refuses it, so say it before.
  tooShort = $derived(this.days > 0 && workingDays(this.startsOn, this.dueOn) < Math.ceil(this.minutes / 15));
  weekend = $derived(!!this.dueOn && isWeekend(this.dueOn));
  ready: Record<Step, boolean> = $derived({
    what: this.chosen.length > 0,
    who: this.some && this.people !== 0,
    when: this.days > 0 && !this.tooShort && this.target >= 1 && this.target <= 100,
    name: !!this.name.vi.trim() && !!this.name.en.trim(),
  });

  toggle(choice: Choice): void {
    const has = this.chosen.some((one) => one.kind === choice.kind && one.id === choice.id);
    this.chosen = has ? this.chosen.filter((one) => one.kind !== choice.kind || one.id !== choice.id) : [...this.chosen, choice];
    if (!this.named) this.name = { vi: names(this.chosen, 'vi'), en: names(this.chosen, 'en') };
  }

  // count asks how many people the audience has now; an older answer is not shown.
  async count(): Promise<void> {
    const turn = ++this.#turn;
    this.people = undefined;
    this.countFailed = undefined;
    if (!this.some) return;
    try {
      const { people } = await countAudience(this.audience);
      if (turn === this.#turn) this.people = people;
    } catch (error) {
      if (turn === this.#turn) this.countFailed = error;
    }
  }

  request(): NewCampaign {
    return {
      name: { vi: this.name.vi.trim(), en: this.name.en.trim() },
      audience: this.audience,
      items: this.chosen.map(({ kind, id }) => ({ kind, id })),
      startsOn: this.startsOn,
      dueOn: this.dueOn,
      remind: this.remind,
      target: this.target,
    };
  }

  // showRefused goes to the first step that holds a field the server refused.
  showRefused(error: unknown): void {
    if (!(error instanceof ApiError)) return;
    const at: Record<Step, RegExp> = { what: /^items/, who: /^audience/, when: /^(startsOn|dueOn|target|remind)/, name: /^name/ };
    this.step = steps.find((step) => error.errors.some(({ field }) => at[step].test(field))) ?? this.step;
  }
}

function names(chosen: Choice[], language: keyof Text): string {
  const [first, ...rest] = chosen.map((choice) => choice.title[language]);
  return !first ? '' : rest.length ? `${first} +${rest.length}` : first;
}
