import { ApiError } from '../api/problem.ts';
import { deskVi } from './desk.vi.ts';
import { dictionary, locale } from './locale.svelte.ts';

type Values = Record<string, string | number>;

// texts makes the dictionary of a part of the desk: its own texts and those all parts share. They come with the pages,
// so that a learner's first script does not carry them; English comes when somebody reads English.
export function texts<V extends Record<string, string>>(own: V, ownEnglish: () => Promise<Record<keyof V, string>>) {
  type Key = (keyof V | keyof typeof deskVi) & string;
  const vi = { ...deskVi, ...own } as Record<Key, string>;
  const vietnamese = dictionary(vi, vi);
  let english = $state.raw<ReturnType<typeof dictionary<Record<Key, string>>>>();
  let loading: Promise<void> | undefined;

  const load = () => {
    loading ??= Promise.all([import('./desk.en.ts'), ownEnglish()]).then(
      ([{ deskEn }, more]) => {
        english = dictionary(vi, { ...deskEn, ...more } as Record<Key, string>);
      },
      () => {
        loading = undefined; // without a network the texts stay Vietnamese
      },
    );
    return loading;
  };

  return {
    d(key: Key, values?: Values): string {
      if (locale.now === 'en' && !english) load();
      return (locale.now === 'en' && english ? english : vietnamese)(key, values);
    },
    // pick gives the first of some keys that there is a text for: a server may have codes that this app does not know.
    pick: (...keys: string[]): Key | undefined => keys.find((key): key is Key => key in vi),
    // ready waits for the texts in the person's language, before a page is shown.
    ready: async (): Promise<void> => {
      if (locale.now === 'en') await load();
    },
  };
}

export const { d, pick } = texts({}, async () => ({}));

// fieldText says why the server refused one field, or nothing.
export function fieldText(error: unknown, ...fields: string[]): string | undefined {
  if (!(error instanceof ApiError)) return;
  for (const field of fields) {
    const code = error.errors.find((e) => e.field === field || e.field.startsWith(field + '.') || e.field.startsWith(field + '['))?.code;
    if (code) return d(pick(`field.${field}.${code}`, `field.${code}`) ?? 'field.wrong');
  }
}
