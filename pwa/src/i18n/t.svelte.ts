import { dictionary, type Locale, locale, setLocale } from './locale.svelte.ts';
import { vi } from './vi.ts';

export type Key = keyof typeof vi;

let english = $state.raw<Record<Key, string>>();
const vietnamese = dictionary(vi, vi);

// t gives a text of the app's frame in the person's language, at once when the language changes. Texts of the pages are
// in dictionaries of their own, loaded with the pages.
export function t(key: Key, values?: Record<string, string | number>): string {
  return english ? dictionary(vi, english)(key, values) : vietnamese(key, values);
}

// loadTexts fetches English where it is wanted: Vietnamese is part of the first script, English is not.
export async function loadTexts(wanted: Locale = locale.now): Promise<void> {
  if (wanted === 'en') english ??= (await import('./en.ts')).en;
}

// speak changes the language at run time and remembers it.
export async function speak(next: Locale): Promise<void> {
  await loadTexts(next).catch(() => undefined); // without a network the frame stays Vietnamese until the next start
  setLocale(next);
}
