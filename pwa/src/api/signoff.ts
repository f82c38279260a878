import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import type { List } from './types.ts';

// Signoff is what a head confirmed about a unit and a month, with its figures in that moment.
export interface Signoff {
  unit: string;
  month: string; // yyyy-mm
  by: string;
  at: string;
  comment?: string;
  people: number;
  assigned: number;
  completed: number;
  overdue: number;
}
// SignoffLine is a unit with its sign-off of a month, if there is one.
export interface SignoffLine {
  unit: { id: string; name: Text };
  head?: { id: string; name: string; deputy?: boolean };
  signed?: Signoff;
}

const of = (unit: string) => `/units/${encodeURIComponent(unit)}/signoffs`;

export const signoffs = (unit: string) => call<List<Signoff>>('GET', of(unit)).then((list) => list.items ?? []);
export const sign = (unit: string, month: string, comment: string) => call<Signoff>('POST', of(unit), { month, comment });
export const signedIn = (month: string) => call<List<SignoffLine>>('GET', '/signoffs?month=' + month).then((list) => list.items ?? []);
