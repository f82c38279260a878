import { shortest } from '../i18n/format.ts';

const length = 86_400_000;
const utc = (day: string) => new Date(day + 'T00:00:00Z');
const text = (date: Date) => date.toISOString().slice(0, 10);

// day writes the day of a time: "27/11/2026".
export const day = (at: string | undefined): string => (at ? shortest(at) : '–');

// today is the day here, yyyy-mm-dd.
export function today(now = new Date()): string {
  return text(new Date(now.getTime() - now.getTimezoneOffset() * 60_000));
}

export function plusDays(day: string, n: number): string {
  return text(new Date(utc(day).getTime() + n * length));
}

// daysBetween counts the days from a first to a last day, both included; 0 when they are the wrong way round.
export function daysBetween(from: string, to: string): number {
  const n = Math.round((utc(to).getTime() - utc(from).getTime()) / length) + 1;
  return Number.isFinite(n) ? Math.max(0, n) : 0;
}

export const isWeekend = (day: string): boolean => [0, 6].includes(utc(day).getUTCDay());

// workingDays counts Mondays to Fridays from a first to a last day; holidays are known to the server alone.
export function workingDays(from: string, to: string): number {
  let n = 0;
  for (let i = 0, count = Math.min(daysBetween(from, to), 1100); i < count; i++) if (!isWeekend(plusDays(from, i))) n++;
  return n;
}

// defaultDue is the Thursday two to three weeks after the start: time enough, and a day on which colleagues are there.
export const defaultDue = (start: string): string => thursday(plusDays(start, 14));

// thursday is the first from a day on.
export function thursday(day: string): string {
  return plusDays(day, (4 - utc(day).getUTCDay() + 7) % 7);
}
