import { ApiError } from '../api/problem.ts';
import type { deskVi } from './desk.vi.ts';
import { type Locale, part, type Text, tx } from './locale.svelte.ts';

type Shared = keyof typeof deskVi;
type Values = Record<string, string | number>;

const shared = part<Shared>({
  vi: async () => (await import('./desk.vi.ts')).deskVi,
  en: async () => (await import('./desk.en.ts')).deskEn,
});

// d gives the texts that all parts of the desk share.
export const d = shared.t;

// pick gives the first of some keys that there is a text for: a server may have codes that this app does not know.
export const pick = (...keys: string[]): Shared | undefined => keys.find((key): key is Shared => d(key as Shared) !== key);

// texts makes the dictionary of one part of the desk: its own texts, then those all parts share. ready comes before its
// pages are shown.
export function texts<K extends string>(own: Record<Locale, () => Promise<Record<K, string>>>) {
  const mine = part<K>(own);
  const d = (key: K | Shared, values?: Values): string => {
    const text = mine.t(key as K, values);
    return text === key ? shared.t(key as Shared, values) : text;
  };
  return {
    d,
    pick: (...keys: string[]): K | Shared | undefined => keys.find((key): key is K => d(key as K) !== key),
    ready: (): Promise<unknown> => Promise.all([shared.load(), mine.load()]),
  };
}

// headText says who answers for a unit: its own head, else whose unit above they lead.
export function headText(head?: { name: string; deputy?: boolean; above?: { name: Text } }): string {
  if (!head) return d('units.headNone');
  const name = head.deputy ? d('units.headDeputy', { name: head.name }) : head.name;
  return head.above ? d('units.headAbove', { name, unit: tx(head.above.name) }) : name;
}

// fieldText says why the server refused one field, or nothing.
export function fieldText(error: unknown, ...fields: string[]): string | undefined {
  if (!(error instanceof ApiError)) return;
  for (const field of fields) {
    const code = error.errors.find((e) => e.field === field || e.field.startsWith(field + '.') || e.field.startsWith(field + '['))?.code;
    if (code) return d(pick(`field.${field}.${code}`, `field.${code}`) ?? 'field.wrong');
  }
}
