import type { peopleVi } from '../i18n/desk.people.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof peopleVi>({
  vi: async () => (await import('../i18n/desk.people.vi.ts')).peopleVi,
  en: async () => (await import('../i18n/desk.people.en.ts')).peopleEn,
});
