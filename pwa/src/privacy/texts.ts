import type { privacyVi } from '../i18n/desk.privacy.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, ready } = texts<keyof typeof privacyVi>({
  vi: async () => (await import('../i18n/desk.privacy.vi.ts')).privacyVi,
  en: async () => (await import('../i18n/desk.privacy.en.ts')).privacyEn,
});
