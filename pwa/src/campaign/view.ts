import type { Campaign, CampaignState, Delivery, Verb } from '../api/campaign.ts';
import type { UnitLine } from '../api/report.ts';
import { headText } from '../i18n/desk.svelte.ts';
import { tx } from '../i18n/locale.svelte.ts';
import type { BarRow } from '../ui/desk/bars.ts';
import { d, pick } from './texts.ts';

// verbsOf lists what can be done to a campaign in a state, as internal/campaign allows it.
export function verbsOf(state: CampaignState): Verb[] {
  switch (state) {
    case 'scheduled':
      return ['cancel'];
    case 'running':
      return ['pause', 'close', 'cancel'];
    case 'paused':
      return ['resume', 'close', 'cancel'];
    default:
      return [];
  }
}

export function unitRow(line: UnitLine, campaign: Campaign, days: number): BarRow {
  const target = line.target ?? campaign.target;
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

// stepName turns d-7 into words.
export function stepName(step: string): string {
  const [, sign, n] = /d([+-])(\d+)$/.exec(step) ?? [];
  return n ? d(sign === '-' ? 'ledger.before' : 'ledger.after', { n: Number(n) }) : step;
}

// reasons are what the ledger can be asked for.
export const reasons = [
  'waiting',
  'sent',
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
  if (delivery.state === 'sent') return d(delivery.channel === 'email' ? 'ledger.mailed' : 'reason.sent');
  const key = pick('reason.' + delivery.reason);
  return d(key ?? `ledger.state.${delivery.state}`);
}
