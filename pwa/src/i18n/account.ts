import type { accountVi } from './account.vi.ts';
import { part } from './locale.svelte.ts';

const texts = part<keyof typeof accountVi>({
  vi: async () => (await import('./account.vi.ts')).accountVi,
  en: async () => (await import('./account.en.ts')).accountEn,
});

// a gives the texts of the person's own screens; loadAccount comes before a page that uses it.
export const a = texts.t;
export const loadAccount = texts.load;
