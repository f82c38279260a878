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

export function setLocale(next: Locale): void {
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

// dictionary makes the t() of a part of the app: Vietnamese is the source, a key missing in English is a compile error.
// Values go into {name}; {n|lesson|lessons} picks by number, for English.
export function dictionary<V extends Record<string, string>>(vi: V, en: Record<keyof V, string>) {
  return (key: keyof V & string, values: Record<string, string | number> = {}): string =>
    fill((locale.now === 'en' ? en : vi)[key], values);
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name: string, one?: string, many?: string) => {
    const value = values[name] ?? '';
    if (one === undefined) return typeof value === 'number' ? value.toLocaleString(locale.now) : value;
    return value === 1 ? one : (many ?? '');
  });
}
