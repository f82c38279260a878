import { ApiError } from '../api/problem.ts';
import { deskEn } from './desk.en.ts';
import { deskVi } from './desk.vi.ts';
import { dictionary, locale } from './locale.svelte.ts';

export type DeskKey = keyof typeof deskVi;

// d gives a text of the desk: loaded with its pages, so that a learner's first script does not carry it.
export const d = dictionary(deskVi, deskEn);

// pick gives the first of some keys that there is a text for: for codes of the server that may be newer than this app.
export function pick(...keys: string[]): DeskKey {
  return (keys.find((key) => key in deskVi) ?? 'why.server') as DeskKey;
}

// fieldText says why the server refused one field, or nothing.
export function fieldText(error: unknown, ...fields: string[]): string | undefined {
  if (!(error instanceof ApiError)) return;
  for (const field of fields) {
    const code = error.errors.find((e) => e.field === field || e.field.startsWith(field + '.') || e.field.startsWith(field + '['))?.code;
    if (code) return d(pick(`field.${field}.${code}`, `field.${code}`, 'field.wrong'));
  }
}

// clock is the time of day: "09:41".
export function clock(at: string): string {
  return new Intl.DateTimeFormat(locale.now === 'en' ? 'en-GB' : 'vi', { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}
