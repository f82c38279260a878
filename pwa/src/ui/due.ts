import { daysUntil, shortDate } from '../i18n/format.ts';
import { t } from '../i18n/t.svelte.ts';

// due words a date on which something must be done: near days are counted, others are written out.
export function due(at: string, now = new Date()): { text: string; tone: 'plain' | 'due' | 'late' } {
  const days = daysUntil(at, now);
  if (new Date(at) < now) return { text: t('due.late', { n: Math.max(1, -days) }), tone: 'late' };
  if (days === 0) return { text: t('due.today'), tone: 'due' };
  if (days === 1) return { text: t('due.tomorrow'), tone: 'due' };
  if (days <= 7) return { text: t('due.in', { n: days }), tone: 'due' };
  return { text: t('due.on', { date: shortDate(at) }), tone: 'plain' };
}
