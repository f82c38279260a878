import type { Audience, Campaign, CampaignState, Delivery, EscalationStep, Verb } from '../api/campaign.ts';
import type { UnitLine } from '../api/report.ts';
import { headText } from '../i18n/desk.svelte.ts';
import { tx } from '../i18n/locale.svelte.ts';
import type { BarRow } from '../ui/desk/bars.ts';
import { day } from './days.ts';
import { d, pick } from './texts.ts';

// verbsOf lists what somebody can do to a campaign, as internal/campaign allows it: its authors do not approve it.
export function verbsOf(one: Pick<Campaign, 'state' | 'authors'>, me: string | undefined): Verb[] {
  switch (one.state) {
    case 'draft':
      return ['submit', 'cancel'];
    case 'in_review':
      return me && !one.authors.includes(me) ? ['approve', 'return', 'cancel'] : ['cancel'];
    case 'approved':
      return ['schedule', 'return', 'cancel'];
    case 'scheduled':
      return ['cancel'];
    case 'running':
      return ['pause', 'close', 'cancel'];
    case 'paused':
      return ['resume', 'close', 'cancel'];
    case 'closing':
      return ['close'];
    case 'completed':
      return ['archive'];
    default:
      return [];
  }
}

// planned says whether a campaign has not begun: it is shown as a plan, and can be edited.
export const planned = (state: CampaignState): boolean => ['draft', 'in_review', 'approved', 'scheduled'].includes(state);

// offsetName says when a reminder goes: "3 days before the due day".
export function offsetName(days: number): string {
  return days ? d(days < 0 ? 'ledger.before' : 'ledger.after', { n: Math.abs(days) }) : d('ledger.onDay');
}

// escalationLine says who is told what when.
export function escalationLine(step: EscalationStep): string {
  return d('how.step', {
    when: offsetName(step.day),
    to: d(`to.${step.to}`),
    below: step.below ? d('how.below', { n: step.below }) : d('how.belowTarget'),
  });
}

export function unitRow(line: UnitLine, campaign: Campaign, days: number): BarRow {
  const target = line.target ?? campaign.targets.completion;
  const share = line.assigned ? line.completed / line.assigned : undefined;
  const chip = (): BarRow['chip'] => {
    if (share === undefined) return { tone: 'plain', text: d('units.idle') };
    if (share >= target / 100) return { tone: 'done', text: d('units.ok') };
    if (line.overdue) return { tone: 'late', text: d('units.attention') };
    return days >= 0 ? { tone: 'due', text: d('units.daysLeft', { n: days }) } : { tone: 'plain', text: d('units.going') };
  };
  return {
    id: line.unit.id,
    name: tx(line.unit.name),
    href: `/overview/units/${line.unit.id}?campaign=${campaign.id}`,
    detail: headText(line.head),
    share,
    target,
    total: line.assigned,
    count: d('units.countOf', { done: line.completed, all: line.assigned }),
    late: line.overdue,
    chip: chip(),
  };
}

// mistakeText says what is wrong with a field of a plan.
export function mistakeText(field: string, code: string): string {
  const at = field.replace(/\[\d+\]/g, '');
  return d(pick(`field.${at}.${code}`, `field.${at.split('.')[0]}.${code}`, `field.${code}`) ?? 'field.wrong');
}

// stepName turns d-7 into words.
export function stepName(step: string): string {
  if (step === 'ask') return d('ledger.asked');
  const [, sign, n] = /d([+-])(\d+)$/.exec(step) ?? [];
  return n ? offsetName(sign === '-' ? -n : Number(n)) : step;
}

// reasons are what the ledger can be asked for.
export const reasons = [
  'waiting',
  'sent',
  'unsure',
  'merged',
  'done_before',
  'seen',
  'snoozed',
  'no_subscription',
  'no_mail',
  'opted_out',
  'bounced',
  'quiet',
  'capped',
  'held_out',
  'paused',
  'closed',
  'expired',
  'failed',
] as const;

// outcome says in words what became of a delivery.
export function outcome(delivery: Delivery): string {
  if (delivery.state === 'waiting') return d('ledger.waiting');
  if (delivery.state === 'sent' && delivery.reason !== 'unsure') return d(delivery.channel === 'email' ? 'ledger.mailed' : 'reason.sent');
  const key = pick('reason.' + delivery.reason);
  return d(key ?? `ledger.state.${delivery.state}`);
}

// whoLines says in words for whom a campaign is; name finds the name of a unit or a cohort.
export function whoLines(audience: Audience, name: (id: string) => string): string[] {
  const { units, cohorts = [], rule, roles = [], exclude } = audience;
  const list = (ids: string[] = []) => ids.map(name).join(', ');
  const lines = !units.length && !cohorts.length && !rule ? [d('wizard.everybody')] : [...units, ...cohorts].map(name);
  if (rule) {
    const joined = rule.joinedFrom
      ? d(rule.joinedUntil ? 'who.joinedBetween' : 'who.joinedFrom', { from: day(rule.joinedFrom), until: day(rule.joinedUntil) })
      : rule.joinedUntil
        ? d('who.joinedUntil', { until: day(rule.joinedUntil) })
        : '';
    const role = rule.role ? d('who.role', { role: roleName(rule.role) }) : '';
    lines.push([joined, role, list(rule.units)].filter(Boolean).join(', '));
  }
  if (roles.length) lines.push(d('who.onlyRoles', { roles: roles.map(roleName).join(', ') }));
  const without = [...(exclude?.units ?? []), ...(exclude?.cohorts ?? [])];
  if (without.length) lines.push(d('who.except', { names: list(without) }));
  return lines;
}

// roleName is a role as people call it.
export const roleName = (role: string): string => d(pick('role.' + role) ?? 'who.role', { role });

export const groups = ['all', 'planned', 'running', 'over'] as const;
export type Group = (typeof groups)[number];

// groupOf says where a list shows a campaign.
export function groupOf(state: CampaignState): Group {
  if (planned(state)) return 'planned';
  return ['running', 'paused', 'closing'].includes(state) ? 'running' : 'over';
}
