import type { measureVi } from '../i18n/desk.measure.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, ready } = texts<keyof typeof measureVi>({
  vi: async () => (await import('../i18n/desk.measure.vi.ts')).measureVi,
  en: async () => (await import('../i18n/desk.measure.en.ts')).measureEn,
});
