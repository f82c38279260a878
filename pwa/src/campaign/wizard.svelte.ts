import { type Audience, type Campaign, type CampaignItem, countAudience, editCampaign, newCampaign, type Plan } from '../api/campaign.ts';
import { unconditional } from '../api/cohort.ts';
import { ApiError } from '../api/problem.ts';
import type { Text } from '../i18n/locale.svelte.ts';
import { daysBetween, defaultDue, isWeekend, plusDays, thursday, today, workingDays } from './days.ts';
import type { Template } from './templates.ts';

// Choice is one thing that can be asked for.
export interface Choice extends CampaignItem {
  title: Text;
  summary: Text;
  minutes: number;
}

export const steps = ['what', 'who', 'when', 'name'] as const;
export type Step = (typeof steps)[number];

// defaults are what a campaign has unless somebody wants it otherwise.
const defaults = (): Policy => ({
  graceDays: 30,
  recurrence: 0,
  channels: ['push', 'email'],
  reminders: { offsets: [-7, -3, -1, 1, 7, 14], holdOut: 0 },
  targets: { completion: 90, satisfaction: 90 },
  escalation: [
    { day: -3, below: 70, to: 'head' },
    { day: 1, below: 0, to: 'head' },
    { day: 7, below: 0, to: 'owner' },
    { day: 7, below: 0, to: 'parent' },
    { day: 14, below: 0, to: 'parent' },
  ],
});
export type Policy = Pick<Plan, 'graceDays' | 'recurrence' | 'channels' | 'reminders' | 'targets' | 'escalation'>;

// Wizard is a campaign on its way: what, who, when and how, its name and goal.
export class Wizard {
  step = $state<Step>('what');
  chosen = $state.raw<Choice[]>([]);
  everybody = $state(true);
  units = $state.raw<string[]>([]);
  cohorts = $state.raw<string[]>([]);
  more = $state.raw<Pick<Audience, 'rule' | 'roles' | 'exclude' | 'snapshot'>>({}); // conditions beside units and cohorts
  startsOn = $state(today());
  dueOn = $state(defaultDue(today()));
  policy = $state.raw<Policy>(defaults());
  name = $state<Text>({ vi: '', en: '' });
  goal = $state<Text>({ vi: '', en: '' });
  named = $state(false); // by the person: no longer made from the courses
  people = $state.raw<number>(); // how many it will reach; undefined while that is counted
  first = $state.raw<string[]>([]); // the names of some of them
  countFailed = $state.raw<unknown>();
  saved = $state.raw<Campaign>(); // the draft as the server has it
  #kept = $state(''); // what was saved, or what there was at the beginning
  #turn = 0;

  constructor(from?: Campaign, offered: Choice[] = []) {
    if (from) this.#read(from, offered);
    this.#kept = JSON.stringify(this.plan());
  }

  minutes = $derived(this.chosen.reduce((sum, choice) => sum + (choice.required ? choice.minutes : 0), 0));
  audience: Audience = $derived({
    ...(this.everybody ? { units: [] } : { units: this.units, ...(this.cohorts.length && { cohorts: this.cohorts }) }),
    ...this.more,
  });
  some = $derived(this.everybody || this.units.length + this.cohorts.length > 0 || !!this.more.rule);
  days = $derived(daysBetween(this.startsOn, this.dueOn));
  // Fewer working days than 15 minutes a day would need: the server refuses it, so say it before.
  tooShort = $derived(this.days > 0 && workingDays(this.startsOn, this.dueOn) < Math.ceil(this.minutes / 15));
  weekend = $derived(!!this.dueOn && isWeekend(this.dueOn));
  ready: Record<Step, boolean> = $derived({
    what: this.chosen.length > 0,
    who: this.some && this.people !== 0,
    when: this.days > 0 && !this.tooShort && this.policy.targets.completion >= 1 && this.policy.targets.completion <= 100,
    name: [this.name.vi, this.name.en, this.goal.vi, this.goal.en].every((text) => text.trim()),
  });
  changed = $derived(JSON.stringify(this.plan()) !== this.#kept);

  toggle(choice: Choice): void {
    const has = this.chosen.some((one) => same(one, choice));
    this.#arrange(has ? this.chosen.filter((one) => !same(one, choice)) : [...this.chosen, choice]);
    if (!this.named) this.name = { vi: names(this.chosen, 'vi'), en: names(this.chosen, 'en') };
  }

  // move puts the item at a place one up (-1) or down (1).
  move(from: number, by: -1 | 1): void {
    const next = [...this.chosen];
    const [item] = next.splice(from, 1);
    if (item) next.splice(from + by, 0, item);
    this.#arrange(next);
  }

  // #arrange keeps what opens after another: by its new number, or at once if that does not come before it any more.
  #arrange(next: Choice[]): void {
    const old = this.chosen;
    this.chosen = next.map((one, i) => {
      const before = old[(one.opensAfter?.item ?? 0) - 1];
      if (!before) return one;
      const at = next.indexOf(before);
      return { ...one, opensAfter: at >= 0 && at < i ? { item: at + 1 } : undefined };
    });
  }

  // change puts another item in the place of one that was chosen.
  change(choice: Choice, fields: Partial<CampaignItem>): void {
    this.chosen = this.chosen.map((one) => (same(one, choice) ? { ...one, ...fields } : one));
  }

  // start fills everything in from a template; what it asks for and is not offered here is left out.
  start(template: Template, offered: Choice[]): void {
    this.chosen = template.items.flatMap((item) => offered.filter((one) => same(one, item)).map((one) => ({ ...one, ...item })));
    this.name = { ...template.name };
    this.goal = { ...template.goal };
    this.named = true;
    this.startsOn = today();
    this.dueOn = thursday(plusDays(this.startsOn, template.days));
    this.policy = { ...defaults(), ...template.plan };
    this.more = template.joinedDays ? { rule: { ...unconditional(), joinedFrom: plusDays(this.startsOn, -template.joinedDays) } } : {};
    this.everybody = !template.joinedDays;
    this.people = undefined;
  }

  #read(from: Campaign, offered: Choice[]): void {
    const { units, cohorts = [], ...more } = from.audience;
    Object.assign(this, { units, cohorts, more, name: from.name, goal: from.goal, named: true, saved: from });
    this.everybody = !units.length && !cohorts.length && !more.rule;
    const { graceDays, recurrence, channels, reminders, targets, escalation } = from;
    this.policy = { graceDays, recurrence, channels, reminders, targets, escalation };
    this.chosen = from.items.map((item, i) => {
      const known = offered.find((one) => same(one, item));
      const about = from.about?.[i];
      const none = { vi: '', en: '' };
      return { title: about?.title ?? none, summary: none, minutes: about?.minutes ?? 0, ...known, ...item };
    });
    this.startsOn = from.startsOn || today();
    this.dueOn = from.dueOn || defaultDue(this.startsOn);
  }

  // count asks how many people the audience has now; an older answer is not shown.
  async count(): Promise<void> {
    const turn = ++this.#turn;
    this.people = undefined;
    this.countFailed = undefined;
    if (!this.some) return;
    try {
      const { people, first } = await countAudience(this.audience);
      if (turn === this.#turn) Object.assign(this, { people, first: (first ?? []).map(({ name }) => name) });
    } catch (error) {
      if (turn === this.#turn) this.countFailed = error;
    }
  }

  plan(): Plan {
    const trimmed = (text: Text): Text => ({ vi: text.vi.trim(), en: text.en.trim() });
    return {
      name: trimmed(this.name),
      goal: trimmed(this.goal),
      audience: this.audience,
      items: this.chosen.map(({ kind, id, required, opensAfter }) => ({ kind, id, required, ...(opensAfter && { opensAfter }) })),
      startsOn: this.startsOn,
      dueOn: this.dueOn,
      ...this.policy,
    };
  }

  // save keeps the draft on the server, whatever it still lacks.
  async save(): Promise<Campaign> {
    const plan = this.plan();
    if (!this.saved || this.changed)
      this.saved = this.saved ? await editCampaign(this.saved.id, this.saved.version, plan) : await newCampaign(plan);
    this.#kept = JSON.stringify(plan);
    return this.saved;
  }

  // showRefused goes to the first step that holds a field the server refused.
  showRefused(error: unknown): void {
    if (!(error instanceof ApiError)) return;
    const at: Record<Step, RegExp> = {
      what: /^items/,
      who: /^audience/,
      when: /^(startsOn|dueOn|targets|reminders|graceDays|recurrence|channels|escalation)/,
      name: /^(name|goal)/,
    };
    this.step = steps.find((step) => error.errors.some(({ field }) => at[step].test(field))) ?? this.step;
  }
}

const same = (a: CampaignItem, b: CampaignItem) => a.kind === b.kind && a.id === b.id;

function names(chosen: Choice[], language: keyof Text): string {
  const [first, ...rest] = chosen.map((choice) => choice.title[language]);
  return !first ? '' : rest.length ? `${first} +${rest.length}` : first;
}
