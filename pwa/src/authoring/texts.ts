import type { authoringVi } from '../i18n/desk.authoring.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof authoringVi>({
  vi: async () => (await import('../i18n/desk.authoring.vi.ts')).authoringVi,
  en: async () => (await import('../i18n/desk.authoring.en.ts')).authoringEn,
});
