import { a } from '../i18n/account.ts';
import { dateTime } from '../i18n/format.ts';
import type { Text } from '../i18n/locale.svelte.ts';

export interface Reminder {
  id: string;
  channel: 'push' | 'email';
  state: 'waiting' | 'sent' | 'dropped';
  reason?: string;
  notBefore: string;
  settledAt?: string;
  openedAt?: string;
  snoozedTo?: string;
  campaignName: Text;
  title: Text;
}

const reasons = [
  'done_before',
  'quiet',
  'capped',
  'merged',
  'no_subscription',
  'expired',
  'closed',
  'paused',
  'failed',
  'held_out',
  'opted_out',
  'bounced',
  'no_mail',
  'seen',
  'snoozed',
] as const;

// sentence says what became of a reminder, and why.
export function sentence(one: Reminder): string {
  if (one.state === 'waiting') return a(`log.waiting.${one.channel}`);
  if (one.state === 'sent') {
    const went = a(one.reason === 'unsure' ? 'log.unsure' : `log.sent.${one.channel}`);
    if (one.snoozedTo) return `${went} ${a('log.later', { when: dateTime(one.snoozedTo) })}`;
    return one.openedAt ? `${went} ${a('log.opened')}` : went;
  }
  const why = reasons.find((reason) => reason === one.reason);
  return a(why ? `log.${why}` : 'log.other');
}
