export type Locale = 'vi' | 'en';

// Text is a text of the service in both languages.
export interface Text {
  vi: string;
  en: string;
}

const stored = 'hocso.locale';

function first(): Locale {
  const kept = localStorage.getItem(stored);
  if (kept === 'vi' || kept === 'en') return kept;
  return navigator.language.startsWith('en') ? 'en' : 'vi';
}

export const locale = $state<{ now: Locale }>({ now: first() });

function setLocale(next: Locale): void {
  locale.now = next;
  localStorage.setItem(stored, next);
  document.documentElement.lang = next;
}

document.documentElement.lang = locale.now;

// tx picks the person's language; a text that lacks it is shown in the other.
export function tx(text: Text | undefined): string {
  if (!text) return '';
  return text[locale.now] || text.vi || text.en;
}

// fill puts values into {name}; {n|lesson|lessons} picks by number, for English.
function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name: string, one?: string, many?: string) => {
    const value = values[name] ?? '';
    if (one === undefined) return typeof value === 'number' ? value.toLocaleString(locale.now) : value;
    return value === 1 ? one : (many ?? '');
  });
}

// dictionary makes the t() of a part of the app that has both languages at hand.
export function dictionary<V extends Record<string, string>>(vi: V, en: Record<keyof V, string>) {
  return (key: keyof V & string, values?: Record<string, string | number>): string => fill((locale.now === 'en' ? en : vi)[key], values);
}

interface Part<K extends string> {
  load(wanted?: Locale): Promise<void>;
  t(key: K, values?: Record<string, string | number>): string;
}
const used = new Set<(wanted: Locale) => Promise<void>>();

// part makes the t() of a part of the app whose languages are loaded one by one. load comes before the part is shown.
// Both give the same keys: one missing in English is a compile error where the English texts are written.
export function part<K extends string>(texts: Record<Locale, () => Promise<Record<K, string>>>): Part<K> {
  let loaded = $state.raw<Partial<Record<Locale, Record<K, string>>>>({});
  async function load(wanted: Locale = locale.now): Promise<void> {
    used.add(load);
    if (loaded[wanted]) return;
    const fresh = await texts[wanted]();
    loaded = { ...loaded, [wanted]: fresh };
  }
  return { load, t: (key, values) => fill((loaded[locale.now] ?? loaded.vi ?? loaded.en)?.[key] ?? key, values) };
}

// speak changes the language at run time and remembers it. What cannot be loaded, without a network, stays in the other
// language until the next start.
export async function speak(next: Locale): Promise<void> {
  await Promise.all([...used].map((load) => load(next).catch(() => undefined)));
  setLocale(next);
}
