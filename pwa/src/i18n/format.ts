import { locale } from './locale.svelte.ts';

const day = 86_400_000;

let zone: string | undefined;

// setZone makes dates and times those of the person's time zone; without one they are the phone's.
export function setZone(name: string | undefined): void {
  try {
    zone = name ? new Intl.DateTimeFormat('vi', { timeZone: name }).resolvedOptions().timeZone : undefined;
  } catch {
    zone = undefined;
  }
}

function dateFormat(options: Intl.DateTimeFormatOptions) {
  return new Intl.DateTimeFormat(locale.now === 'en' ? 'en-GB' : 'vi', { timeZone: zone, ...options });
}

// shortDate is for near days: "Thứ Sáu, 27/11".
export function shortDate(at: string | Date): string {
  return dateFormat({ weekday: 'long', day: 'numeric', month: locale.now === 'en' ? 'short' : 'numeric' }).format(new Date(at));
}

// longDate is a date with its year: "27 tháng 11 năm 2026", where browsers write "27 tháng 11, 2026".
export function longDate(at: string | Date): string {
  const text = dateFormat({ day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(at));
  return locale.now === 'en' ? text : text.replace(/, (\d+)$/, ' năm $1');
}

// today is the day as a heading: "Thứ Hai, 23 tháng 11".
export function today(now: Date): string {
  return dateFormat({ weekday: 'long', day: 'numeric', month: 'long' }).format(now);
}

export function dateTime(at: string | Date): string {
  return dateFormat({ day: 'numeric', month: 'numeric', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

// shortest is a date in figures, for tables: "27/11/2026".
export function shortest(at: string | Date): string {
  return dateFormat({ day: 'numeric', month: 'numeric', year: 'numeric' }).format(new Date(at));
}

// clock is the time of day: "09:41".
export function clock(at: string | Date): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

// daysUntil counts whole calendar days in the person's zone: 0 is today, negative is past.
export function daysUntil(at: string | Date, now = new Date()): number {
  const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
  return Math.round((Date.parse(calendar.format(new Date(at))) - Date.parse(calendar.format(now))) / day);
}

// relative is "2 ngày trước" or "in 3 hours".
export function relative(at: string | Date, now = new Date()): string {
  const format = new Intl.RelativeTimeFormat(locale.now, { numeric: 'auto' });
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 3600) return format.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return format.format(Math.round(seconds / 3600), 'hour');
  return format.format(daysUntil(at, now), 'day');
}

// percent writes a share from 0 to 1 as the language does; digits after the comma only where asked for.
export function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(locale.now, { style: 'percent', maximumFractionDigits: digits }).format(share);
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale.now).format(value);
}

export function collator(): Intl.Collator {
  return new Intl.Collator(locale.now === 'en' ? 'en' : 'vi', { numeric: true, sensitivity: 'base' });
}

// fold takes marks and case away, for searching as people type: "Đỗ" is found by "do".
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}
