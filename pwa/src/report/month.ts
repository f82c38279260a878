import { locale } from '../i18n/locale.svelte.ts';

// monthsBefore are the n months before the one of a moment, the newest first, as yyyy-mm.
export const monthsBefore = (now: Date, n: number): string[] =>
  Array.from({ length: n }, (_, i) => {
    const first = new Date(now.getFullYear(), now.getMonth() - 1 - i, 1);
    return `${first.getFullYear()}-${String(first.getMonth() + 1).padStart(2, '0')}`;
  });

export const lastMonth = (now: Date): string => monthsBefore(now, 1)[0]!;

// monthName says yyyy-mm in words.
export function monthName(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(year!, number! - 1, 1).toLocaleDateString(locale.now === 'vi' ? 'vi-VN' : 'en-GB', { month: 'long', year: 'numeric' });
}
